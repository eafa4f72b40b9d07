"""Markdown tables, and the leaderboard in its five sections."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import Summary, summarize
from tasks.domain.scoring.scores import NO_TERM, RowScore, Scores

SECTIONS = {
    "KER by entity_category": "entity_category",
    "KER by ipa_source": "ipa_source",
    "KER by noise_level": "noise_level",
    "Per-term KER, worst first": "term",
}


def rate(value: float | None) -> str:
    """Write a rate; an undefined one is a dash.

    >>> rate(0.1284), rate(None)
    ('0.128', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a markdown table, padded so that it also reads in a terminal.

    >>> print(table(["Term", "Rows"], [["a|b", 3]]))
    | Term | Rows |
    |------|------|
    | a\\|b | 3    |
    """
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
    sections = [f"# {title}", "## Headline", headline(summarize(scores))]
    for heading, field in SECTIONS.items():
        sections += [f"## {heading}", _ker_by(field, rows, scores)]
    return "\n\n".join(sections) + "\n"


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


def _ker_by(field: str, rows: Sequence[ClinicalRow], scores: Sequence[RowScore]) -> str:
    """Write rows, missed rows and KER of each value of a field of the rows, worst first."""
    found: dict[str, int] = {}
    group = np.array([found.setdefault(getattr(row, field), len(found)) for row in rows], np.intp)
    missed = Scores.of(scores).missed
    sizes = np.bincount(group).tolist()
    counts = np.bincount(group, missed == 1).astype(int).tolist()
    terms = np.bincount(group, missed != NO_TERM).tolist()
    groups = zip(found, sizes, counts, map(_share, counts, terms), strict=True)
    return table(
        [field, "Rows", "Missed", "KER"],
        [
            [label, size, count, rate(ker)]
            for label, size, count, ker in sorted(groups, key=lambda one: (-(one[3] or 0), one[0]))
        ],
    )


def _share(part: int, whole: float) -> float | None:
    return part / whole if whole else None
