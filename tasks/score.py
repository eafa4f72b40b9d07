"""Stage score: score what the candidate heard, row by row, and write its leaderboard."""

from __future__ import annotations

from typing import Any

from tasks.domain.scoring.metrics import summarize
from tasks.orchestration.stage import stage
from tasks.workspace.decoded import compare_models
from tasks.workspace.models import candidate_model
from tasks.workspace.paths import Cycle, sides
from tasks.workspace.results import write_results


@stage("score")
def score_candidate(cycle: Cycle) -> dict[str, Any]:
    """Write results.csv (with each row's split and the comparison model's hit) and leaderboard."""
    both = compare_models(cycle, candidate_model(cycle))
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
            both.rows, both.pair.comparison.texts, both.pair.comparison.scores, strict=True
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
    return {"rows": len(both.rows), "ker": summarize(candidate.scores).ker}
