"""Write what a set of hypotheses scored: results.csv and the leaderboard beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.leaderboard import leaderboard
from tasks.domain.scoring.scores import Scores
from tasks.workspace.files import write_atomic, write_csv
from tasks.workspace.hypotheses import sample_rows


@dataclass(frozen=True)
class Results:
    """Rows with one model's hypotheses and scores, in parallel, under a title."""

    title: str
    rows: Sequence[ClinicalRow]
    hypotheses: Sequence[str]
    scores: Scores


def write_results(
    folder: Path,
    board: str,
    results: Results,
    extra: Sequence[Mapping[str, Any]] | None = None,
    name: str = "results.csv",
) -> None:
    """Write the file `name`, a line a row with any extra columns, then the leaderboard file `board`."""
    lines = [
        sample
        | {"wer": score.wer, "cer": score.cer, "ker": score.ker, "ser": score.ser}
        | dict(more)
        for sample, score, more in zip(
            sample_rows(results.rows, results.hypotheses),
            results.scores,
            extra or [{}] * len(results.rows),
            strict=True,
        )
    ]
    write_csv(folder / name, lines)
    write_atomic(folder / board, leaderboard(results.title, results.rows, results.scores))
