"""Markdown tables, and the leaderboard in its five sections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import RowScore, Summary, mean, summarize


def rate(value: float | None) -> str:
    """Write a rate; an undefined one is a dash.

    >>> rate(0.1284), rate(None)
    ('0.128', '–')
    """
    return "–" if value is None else f"{value:.3f}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Draw a markdown table, padded so that it also reads in a terminal."""
    cells = [list(head), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def leaderboard(title: str, rows: Sequence[ClinicalRow], scores: Sequence[RowScore]) -> str:
    """Write the five sections in their fixed order; rates are means of rows."""
    return (
        "\n\n".join(
            [
                f"# {title}",
                "## Headline",
                headline(summarize(scores)),
                "## KER by entity_category",
                _ker_by(rows, scores, "entity_category", lambda row: row.entity_category),
                "## KER by ipa_source",
                _ker_by(rows, scores, "ipa_source", lambda row: row.ipa_source),
                "## KER by noise_level",
                _ker_by(rows, scores, "noise_level", lambda row: row.noise_level),
                "## Per-term KER, worst first",
                _ker_by(rows, scores, "term", lambda row: row.term),
            ]
        )
        + "\n"
    )


def headline(summary: Summary) -> str:
    """Write rows and the four rates, the corpus-level ones beside them."""
    return table(
        ["Rows", "WER", "CER", "KER", "SER", "WER (corpus)", "CER (corpus)"],
        [
            [
                summary.rows,
                rate(summary.wer),
                rate(summary.cer),
                rate(summary.ker),
                rate(summary.ser),
                rate(summary.wer_corpus),
                rate(summary.cer_corpus),
            ]
        ],
    )


def _ker_by(
    rows: Sequence[ClinicalRow],
    scores: Sequence[RowScore],
    name: str,
    key: Callable[[ClinicalRow], str],
) -> str:
    groups: dict[str, list[int | None]] = {}
    for row, score in zip(rows, scores, strict=True):
        groups.setdefault(key(row), []).append(score.ker)
    worst_first = sorted(groups.items(), key=lambda group: (-(mean(group[1]) or 0.0), group[0]))
    return table(
        [name, "Rows", "Missed", "KER"],
        [
            [label, len(kers), sum(ker or 0 for ker in kers), rate(mean(kers))]
            for label, kers in worst_first
        ],
    )
