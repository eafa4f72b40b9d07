"""The charts of a decided cycle, and the sentence in place of one that cannot be drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tasks.domain.split import Side
from tasks.domain.verdict.arms import Arms
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.noninferiority import Guard
from tasks.records.ledger_line import DecisionLine, LedgerLine
from tasks.report.charts import dumbbells, guard_bounds, training_curves
from tasks.report.figures import (
    SHOWN_GROUPS,
    Change,
    change,
    changes_by,
    count_terms,
    defined,
    ker_point,
)
from tasks.workspace.comparison import ComparedRows

INTERVALS = (
    "Lines are 95 % intervals of Clopper and Pearson in which each term counts once, however many "
    "rows it has."
)
BOTH = f"Hollow: comparison model; filled: candidate; in brackets: rows. {INTERVALS}"
BREAKDOWNS = {"noise level": "noise_level", "voice": "voice_id", "pronunciation": "ipa_source"}


@dataclass(frozen=True)
class Chart:
    """A chart with its caption; without anything to draw `svg` is None, and the caption gives the reason."""

    title: str
    caption: str
    svg: Markup | None = None


def category_chart(deciding: ComparedRows) -> Chart:
    """Draw the KER of the rows that decide, all of them and by category."""
    lines = defined([change("all", deciding.rows, deciding.pair)])
    lines += changes_by("entity_category", deciding.rows, deciding.pair)
    return _ker_chart("category", "KER before and after, by category", lines)


def scope_chart(compared: ComparedRows, side: Mapping[str, Side]) -> Chart:
    """Draw the KER of test, validation and training rows."""
    lines = []
    for name in ("test", "validation", "train"):
        at = [n for n, row in enumerate(compared.rows) if side[row.audio_filepath] == name]
        lines.append(change(name, [compared.rows[n] for n in at], compared.pair.at(at)))
    return _ker_chart("scope", "KER before and after, by side of the split", defined(lines))


def breakdown_charts(deciding: ComparedRows) -> list[Chart]:
    """Draw the KER of the rows that decide by noise level, voice and pronunciation source."""
    charts = []
    for label, field in BREAKDOWNS.items():
        lines = changes_by(field, deciding.rows, deciding.pair)
        groups = len({getattr(row, field) for row in deciding.rows})
        more = f"The {SHOWN_GROUPS} with most rows of {groups}." if groups > SHOWN_GROUPS else ""
        charts.append(_ker_chart(field, f"KER before and after, by {label}", lines, more))
    return charts


def _ker_chart(name: str, title: str, lines: Sequence[Change], more: str = "") -> Chart:
    if not lines:
        return Chart(title, "No row decides, so there is nothing to compare.")
    return Chart(title, more, dumbbells(name, title, lines))


def arm_chart(
    arms: Arms, compared: ComparedRows, side: Mapping[str, Side], priority: Collection[int]
) -> Chart:
    """Draw the priority KER of each system on the rows that they were compared on.

    `priority` are the positions of the rows of priority categories.
    """
    title = f"Priority KER of each system, on {arms.measured_on}"
    named = [name for name in ("train", "validation") if name in arms.measured_on]
    rows = [
        row
        for position, row in enumerate(compared.rows)
        if position in priority and side[row.audio_filepath] in named
    ]
    terms = count_terms(rows)
    lines = [
        Change(arm.name, None, ker_point(arm.priority_ker, terms), arm.chosen)
        for arm in arms.arms
        if arm.priority_ker is not None
    ]
    if not lines or not rows:
        return Chart(title, "No system was compared with another on rows of a priority category.")
    caption = f"On {len(rows)} rows of {terms} terms. {INTERVALS}"
    return Chart(title, caption, dumbbells("systems", title, lines))


def guard_chart(guards: Sequence[Guard]) -> Chart:
    """Draw how far each guard's upper bound lies from its limit."""
    title = "Upper bounds of the guards, against their limits"
    if not guards:
        return Chart(title, "The published rule has no guard.")
    sure = f"{100 * guards[0].confidence:.4g} %"
    caption = (
        "In allowed rises over the comparison model: 0 is no change, 1 the limit. The mark is what "
        "was measured of the candidate (filled circle: held; hollow diamond: open; cross: broke), "
        f"the bar ends where it can be at most with {sure} confidence. What lies outside is at "
        "the edge, as an arrow."
    )
    return Chart(title, caption, guard_bounds("guards", title, guards))


def training_chart(epochs: Sequence[Mapping[str, float]]) -> Chart:
    """Draw the losses and the validation WER of each epoch."""
    title = "Loss and validation WER of the training"
    measured = [epoch for epoch in epochs if {"train_loss", "val_loss", "val_wer"} & epoch.keys()]
    if not measured:
        return Chart(title, "No epoch left a figure: nothing was trained, or nothing was measured.")
    return Chart(
        title, "Of the fine-tune itself, by epoch.", training_curves("training", title, measured)
    )


def trend_chart(
    decision: Decision, number: int, ledger: Sequence[LedgerLine], scoring: str
) -> Chart:
    """Draw the priority KER of the decided cycles up to this one that were scored alike."""
    title = f"Priority KER over cycles, {scoring.split()[0]} view"
    latest = {
        line.cycle: (line.outcome, line.priority)
        for line in ledger
        if isinstance(line, DecisionLine) and line.cycle < number and line.scoring == scoring
    }
    latest[number] = (decision.verdict, decision.priority)
    lines = [
        Change(
            f"cycle {cycle}, {verdict} ({figures.rows})",
            ker_point(figures.ker_comparison, figures.terms),
            ker_point(figures.ker_candidate, figures.terms),
        )
        for cycle, (verdict, figures) in sorted(latest.items())
        if figures.ker_comparison is not None and figures.ker_candidate is not None
    ][-SHOWN_GROUPS:]
    if len(lines) < 2:
        return Chart(title, "A trend takes two decided cycles.")
    caption = f"Each cycle on its own rows that decide; the latest {SHOWN_GROUPS} at most."
    return Chart(title, caption, dumbbells("trend", title, lines))
