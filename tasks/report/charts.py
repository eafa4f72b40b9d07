"""The charts of a report. Shapes and words show what colors show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from tasks.domain.scoring.metrics import rate
from tasks.domain.verdict.answer import drop_text
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.systems import Move
from tasks.report.drawing import (
    AFTER,
    BEFORE,
    INK,
    LINE,
    PAGE,
    canvas,
    inline_svg,
    label_text,
    rows_of,
    value_text,
)
from tasks.report.figures import Change

APART = 0.13  # of a line: both models of a row are drawn one above the other
LEAST, MOST = -1.25, 2.25  # margins shown of a guard; what lies beyond is drawn at the edge
EDGES = {LEAST: "<", MOST: ">"}
PANELS = (("train_loss", "val_loss"), ("val_wer",))
STYLES: dict[str, Any] = {
    "train_loss": {"color": AFTER, "marker": "o", "ms": 3},
    "val_loss": {"color": BEFORE, "marker": "s", "ms": 3, "linestyle": "--"},
    "val_wer": {"color": AFTER, "marker": "D", "ms": 3},
}
MARKS = {"held": "o", "open": "D", "broke": "X"}


def dumbbells(name: str, title: str, changes: Sequence[Change]) -> Markup:
    """Draw the KER of each line before and after, with intervals; a system alone has one point."""
    with rows_of([one.label for one in changes]) as (figure, axes):
        for row, one in enumerate(changes):
            apart = APART if one.before else 0.0
            if one.before:
                values = (one.before.value, one.after.value)
                axes.plot(values, (row - apart, row + apart), color=LINE, linewidth=2)
                axes.plot(one.before.interval, (row - apart,) * 2, color=BEFORE, linewidth=1.2)
                axes.plot(
                    one.before.value,
                    row - apart,
                    "o",
                    color=BEFORE,
                    mfc=PAGE,
                    mew=1.6,
                    clip_on=False,
                )
            axes.plot(one.after.interval, (row + apart,) * 2, color=AFTER, linewidth=1.2)
            axes.plot(one.after.value, row + apart, "o", color=AFTER, clip_on=False)
            before = f"{rate(one.before.value)} → " if one.before else ""
            mark = " chosen" if one.marked else ""
            value_text(axes, row, f"{before}{rate(one.after.value)}{mark}")
        axes.set_xlim(-0.02, 1.02)
        axes.set_xlabel("KER")
        return inline_svg(figure, name, title, "; ".join(map(_change_text, changes)))


def forest(name: str, title: str, moves: Sequence[tuple[str, str, Move]]) -> Markup:
    """Draw the relative drop of missed terms of each pair with its interval; zero is no change.

    Each has a label, the word at its right, and what moves. Below −100 % a line ends at the edge.
    """
    with rows_of([label for label, _, _ in moves]) as (figure, axes):
        axes.axvline(0, color=INK, linestyle="--", linewidth=1.2)
        for row, (_, word, move) in enumerate(moves):
            if move.drop is None or move.ci95 is None:
                axes.annotate("not known", (-1, row), va="center")
            else:
                low, value, high = (
                    max(-1.0, one) for one in (move.ci95[0], move.drop, move.ci95[1])
                )
                mark = "o" if move.drop >= -1 else "<"
                axes.plot((low, high), (row, row), color=AFTER, linewidth=1.5)
                if move.ci95[0] < -1:
                    axes.plot(-1, row, "<", color=AFTER, markersize=5, clip_on=False)
                axes.plot(value, row, mark, color=AFTER, clip_on=False)
            value_text(axes, row, label_text(word, 13))
        axes.set_xlim(-1.05, 1.02)
        axes.set_xticks([-1, 0, 1], ["−100 %", "no change", "100 %"])
        texts = [f"{label}: {drop_text(move)}, {word}" for label, word, move in moves]
        return inline_svg(figure, name, title, "; ".join(texts))


def _change_text(one: Change) -> str:
    mark = ", chosen" if one.marked else ""
    low, high = one.after.interval
    interval = f"({low:.3f} to {high:.3f})"
    if one.before is None:
        return f"{one.label}: {rate(one.after.value)} {interval}{mark}"
    return f"{one.label}: {rate(one.before.value)} before, {rate(one.after.value)} {interval} after"


def guard_bounds(name: str, title: str, guards: Sequence[Guard]) -> Markup:
    """Draw each guard's candidate and upper bound in margins: 0 is no change, 1 the limit."""
    with rows_of([guard.name.replace("_", " ") for guard in guards]) as (figure, axes):
        axes.axvline(0, color=LINE)
        axes.axvline(1, color=INK, linestyle="--", linewidth=1.2)
        for row, guard in enumerate(guards):
            candidate, upper = _margins(guard, guard.candidate), _margins(guard, guard.upper)
            if candidate is None or upper is None:
                axes.annotate("not known", (LEAST, row), va="center")
            else:
                axes.plot((candidate, upper), (row, row), color=AFTER, linewidth=1.5)
                axes.plot(upper, row, "|", color=AFTER, markersize=12, mew=2, clip_on=False)
                fill = PAGE if guard.state == "open" else AFTER
                mark = EDGES.get(candidate, MARKS[guard.state])
                axes.plot(candidate, row, mark, color=AFTER, mfc=fill, clip_on=False)
            value_text(axes, row, guard.state)
        axes.set_xlim(LEAST - 0.1, MOST)
        axes.set_xticks([-1, 0, 1, 2], ["−1", "no\nchange", "limit", "2"])
        return inline_svg(figure, name, title, " ".join(guard.sentence for guard in guards))


def _margins(guard: Guard, value: float | None) -> float | None:
    """Return how far a rate lies above the comparison model's, in allowed rises."""
    if value is None or guard.limit is None or guard.comparison is None:
        return None
    allowed = guard.limit - guard.comparison
    return min(MOST, max(LEAST, (value - guard.comparison) / allowed)) if allowed > 0 else None


def training_curves(name: str, title: str, epochs: Sequence[Mapping[str, float]]) -> Markup:
    """Draw training and validation loss, and validation WER, over epochs from 1.

    A figure that no epoch has is left out; one of them at least must be there.
    """
    panels = [[key for key in keys if any(key in epoch for epoch in epochs)] for keys in PANELS]
    panels = [keys for keys in panels if keys]
    curves = []
    with canvas(2.4) as figure:
        for axes, keys in zip(
            figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
        ):
            for key in keys:
                points = {n: epoch[key] for n, epoch in enumerate(epochs, 1) if key in epoch}
                axes.plot(list(points), list(points.values()), label=key, **STYLES[key])
                curves.append(f"{key}: " + ", ".join(f"{value:.3f}" for value in points.values()))
            axes.set_ylim(bottom=0)
            axes.margins(x=0.12)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.set_xlabel("Epoch")
            axes.grid(axis="y")
            axes.legend(frameon=False)
        figure.subplots_adjust(left=0.07, right=0.99, top=0.95, bottom=0.22, wspace=0.28)
        return inline_svg(figure, name, title, "; ".join(curves))
