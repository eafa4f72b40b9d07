"""Write what a set of hypotheses scored: results.csv and the leaderboard beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.critical import critical_changes, written
from tasks.records.files import write_atomic, write_csv
from tasks.workspace.hypotheses import sample_rows


@dataclass(frozen=True)
class Results:
    """Rows with one system's scored transcripts, in parallel, under a title."""

    title: str
    rows: Sequence[ClinicalRow]
    hypotheses: ScoredHypotheses


def write_results(
    folder: Path,
    board: str,
    results: Results,
    extra: Sequence[Mapping[str, Any]] | None = None,
    name: str = "results.csv",
) -> None:
    """Write the file `name`, a line a row with any extra columns, then the leaderboard file `board`.

    Columns without a suffix are of the published view.
    """
    scored = results.hypotheses
    critical = critical_changes([row.text for row in results.rows], scored.texts)
    lines = [
        sample
        | {"wer": published.wer, "cer": published.cer, "ker": published.ker, "ser": published.ser}
        | {"wer_canonical": canonical.wer, "ker_canonical": canonical.ker}
        | {"critical": written(changes)}
        | dict(more)
        for sample, published, canonical, changes, more in zip(
            sample_rows(results.rows, scored.texts),
            scored.published,
            scored.canonical,
            critical,
            extra or [{}] * len(results.rows),
            strict=True,
        )
    ]
    write_csv(folder / name, lines)
    board_text = leaderboard(results.title, results.rows, scored.published, scored.canonical)
    write_atomic(folder / board, board_text)
