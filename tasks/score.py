"""Stage score: score what the candidate transcribed, row by row, and write its leaderboard."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.decoding import GREEDY
from tasks.domain.progress import counted, in_words
from tasks.domain.scoring.metrics import summarize
from tasks.orchestration.stage import stage
from tasks.workspace.comparison import compare_models
from tasks.workspace.decoded import sides
from tasks.workspace.models import candidate_system
from tasks.workspace.paths import Cycle, Run, System
from tasks.workspace.results import Results, write_results


@dataclass(frozen=True)
class ScoreSummary:
    """Rows that were scored, and the candidate's keyword error rate over all of them."""

    rows: int
    ker: float | None

    @property
    def words(self) -> str:
        ker = "" if self.ker is None else f"KER {self.ker:.3f}, trained rows included"
        return in_words(counted(self.rows, "rows"), ker)


@stage("score")
def score_candidate(cycle: Cycle) -> ScoreSummary:
    """Write results.csv (with each row's split and the comparison model's hit) and leaderboard."""
    system = candidate_system(Run(cycle))
    compared = compare_models(cycle, system)
    candidate, comparison = compared.pair.candidate, compared.pair.comparison
    side = sides(Run(cycle))
    extra = [
        {
            "split": side[row.audio_filepath],
            "base_hyp": hypothesis,
            "base_wer": score.wer,
            "base_ker": score.ker,
        }
        for row, hypothesis, score in zip(
            compared.rows, comparison.texts, comparison.scores, strict=True
        )
    ]
    number = cycle.number + 1
    title = f"Cycle {number}, {_candidate(cycle, system)}"
    results = Results(title, compared.rows, candidate.texts, candidate.scores)
    write_results(cycle.next_folder, f"leaderboard_cycle{number}.md", results, extra)
    return ScoreSummary(len(compared.rows), summarize(candidate.scores).ker)


def _candidate(cycle: Cycle, system: System) -> str:
    """Say what was transcribed, and how where that is not greedy."""
    if system.model == cycle.comparison.model:
        return (
            f"the comparison model of cycle {cycle.number} on all its rows, {system.decoding.name}"
        )
    tuned = f"the fine-tune of cycle {cycle.number} on all its rows, trained ones included"
    return tuned if system.decoding == GREEDY else f"{tuned}, {system.decoding.name}"
