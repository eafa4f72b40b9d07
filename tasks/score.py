"""Stage score: score what the candidate heard, row by row, and write its leaderboard."""

from __future__ import annotations

from typing import Any

from tasks.comparison import compared
from tasks.domain.metrics import summarise
from tasks.models import candidate_model
from tasks.results import write_results
from tasks.stage import stage
from tasks.workspace import Cycle, sides


@stage("score")
def score_candidate(cycle: Cycle) -> dict[str, Any]:
    """Write results.csv (with each row's split and the comparison model's hit) and leaderboard."""
    both = compared(cycle, candidate_model(cycle))
    candidate = both.pair.candidate
    side = sides(cycle)
    extra = [
        {
            "split": side[row.audio_filepath],
            "base_hyp": heard,
            "base_wer": score.wer,
            "base_ker": score.ker,
        }
        for row, heard, score in zip(
            both.rows, both.pair.base.texts, both.pair.base.scores, strict=True
        )
    ]
    number = cycle.number + 1
    write_results(
        cycle.next_folder,
        f"leaderboard_cycle{number}.md",
        f"Cycle {number}, the fine-tune of cycle {cycle.number} on all its rows, trained ones included",
        both.rows,
        candidate.texts,
        candidate.scores,
        extra,
    )
    return {"rows": len(both.rows), "ker": summarise(candidate.scores).ker}
