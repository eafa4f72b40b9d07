"""Markdown tables, and the leaderboard in its five sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import NO_TERM, RowScore, Scores, Summary, rate, summarize

SECTIONS = {
    "KER by entity_category": "entity_category",
    "KER by ipa_source": "ipa_source",
    "KER by noise_level": "noise_level",
    "Per-term KER, worst first": "term",
}


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


def leaderboard(
    title: str,
    rows: Sequence[ClinicalRow],
    published: Sequence[RowScore],
    canonical: Sequence[RowScore],
) -> str:
    """Write the five published sections in their fixed order, then the canonical view of the rows.

    Rates are means of rows.
    """
    sections = [f"# {title}", "## Headline", headline(summarize(published))]
    for heading, field in SECTIONS.items():
        sections += [f"## {heading}", _ker_by(field, rows, published)]
    sections += [
        "## Canonical view: what was spoken, however it is written",
        _both_views(summarize(published, canonical)),
        "### Canonical KER by entity_category",
        _ker_by("entity_category", rows, canonical),
    ]
    return "\n\n".join(sections) + "\n"


def _both_views(summary: Summary) -> str:
    """Write WER and KER of both views, and the misses that are spelling alone."""
    return table(
        ["Rows", "WER published", "WER canonical", "KER published", "KER canonical"]
        + ["Misses that are spelling alone"],
        [
            [
                summary.rows,
                rate(summary.wer),
                rate(summary.wer_canonical),
                rate(summary.ker),
                rate(summary.ker_canonical),
                summary.spelling_alone,
            ]
        ],
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


def _ker_by(field: str, rows: Sequence[ClinicalRow], scores: Sequence[RowScore]) -> str:
    """Write rows, missed rows and KER of each value of a field of the rows, worst first."""
    import pandas as pd  # takes 0.5 s: only where rows are grouped

    missed = Scores.of(scores).missed
    frame = pd.DataFrame(
        {
            field: pd.Series([getattr(row, field) for row in rows], dtype=object),
            "ker": np.where(missed == NO_TERM, np.nan, missed),
        }
    )
    groups = frame.groupby(field)["ker"].agg(rows="size", missed="sum", ker="mean").reset_index()
    order = groups.fillna({"ker": 0.0}).sort_values(["ker", field], ascending=[False, True]).index
    return table(
        [field, "Rows", "Missed", "KER"],
        [
            [label, size, int(missed), rate(ker)]
            for label, size, missed, ker in groups.loc[order].itertuples(index=False, name=None)
        ],
    )
