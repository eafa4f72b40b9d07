"""Stage score: score what the candidate transcribed, row by row, and write its leaderboard."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.decoding import GREEDY
from tasks.domain.progress import StageSummary, counted, in_words
from tasks.orchestration.stage import stage
from tasks.workspace.comparison import compare_models
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import sides
from tasks.workspace.hypotheses import Results, write_results
from tasks.workspace.models import candidate_system


@dataclass(frozen=True)
class ScoreSummary(StageSummary):
    """Rows that were scored, and the candidate's keyword error rate over all of them in both views."""

    rows: int
    ker_canonical: float | None
    ker_published: float | None

    @property
    def words(self) -> str:
        if self.ker_canonical is None or self.ker_published is None:
            return counted(self.rows, "rows")
        ker = f"KER {self.ker_canonical:.3f} canonical, {self.ker_published:.3f} published"
        return in_words(counted(self.rows, "rows"), f"{ker}, trained rows included")


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
            "base_wer": wer,
            "base_ker": ker,
            "base_wer_canonical": wer_canonical,
            "base_ker_canonical": ker_canonical,
        }
        for row, hypothesis, (wer, _, ker, _), (wer_canonical, _, ker_canonical, _) in zip(
            compared.rows,
            comparison.texts,
            comparison.published.rates,
            comparison.canonical.rates,
            strict=True,
        )
    ]
    number = cycle.number + 1
    title = f"Cycle {number}, {_candidate(cycle, system)}"
    results = Results(title, compared.rows, candidate)
    write_results(cycle.next_folder, f"leaderboard_cycle{number}.md", results, extra)
    summary = candidate.summary
    return ScoreSummary(len(compared.rows), summary.ker_canonical, summary.ker)


def _candidate(cycle: Cycle, system: System) -> str:
    """Return the set that was transcribed, and the decoding where that is not greedy."""
    if system.model == cycle.comparison.model:
        return (
            f"the comparison model of cycle {cycle.number} on all its rows, {system.decoding.name}"
        )
    tuned = f"the fine-tune of cycle {cycle.number} on all its rows, trained ones included"
    return tuned if system.decoding == GREEDY else f"{tuned}, {system.decoding.name}"
