"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.progress import STOOD, counted, in_words
from tasks.jobs.decodings import ShardSpec, decode_shards, run_decodings
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import submitter
from tasks.records.files import write_jsonl
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, sides
from tasks.workspace.hypotheses import sample_rows
from tasks.workspace.models import candidate_system
from tasks.workspace.own_baseline import write_own_baseline


@dataclass(frozen=True)
class BaselineSummary:
    """Rows that the comparison model was scored on, and whether their decoding stood already."""

    rows: int
    reused: bool

    @property
    def words(self) -> str:
        return in_words(counted(self.rows, "rows"), STOOD if self.reused else "")


@dataclass(frozen=True)
class TranscribeSummary:
    """Rows that were decoded, and how many decodings of them were run now."""

    rows: int
    decoded: int
    reused: int

    @property
    def words(self) -> str:
        return in_words(
            counted(self.rows, "rows"),
            counted(self.decoded, "decodings run"),
            counted(self.reused, "stood already"),
        )


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle, pool: str | None = None, shards: int = 1) -> BaselineSummary:
    """Decode the comparison model where the cycle came without a baseline."""
    decodings = [Decoding(Run(cycle), cycle.comparison)]
    ran = run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    write_own_baseline(cycle)
    return BaselineSummary(rows=len(cycle.rows), reused=not ran)


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle, pool: str | None = None, shards: int = 1) -> TranscribeSummary:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses."""
    candidate = Decoding(Run(cycle), candidate_system(Run(cycle)))
    folds = [Decoding(fold, candidate_system(fold)) for fold in cycle.folds]
    decodings = [Decoding(Run(cycle), cycle.comparison), candidate, *folds]
    ran = run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    side = sides(Run(cycle))
    write_jsonl(
        cycle.next_folder / "offline_hyps.jsonl",
        [
            row | {"split": side[row["audio_filepath"]]}
            for row in sample_rows(cycle.rows, candidate.read())
        ],
    )
    return TranscribeSummary(rows=len(cycle.rows), decoded=ran, reused=len(decodings) - ran)


@stage("transcribe-acceptance", runs_a_job=True)
def transcribe_acceptance(
    cycle: Cycle, pool: str | None = None, shards: int = 1
) -> TranscribeSummary:
    """Decode acceptance.jsonl with both models, for a candidate that would be kept."""
    systems = (cycle.comparison, candidate_system(Run(cycle)))
    decodings = [Decoding(Run(cycle), system, "acceptance") for system in systems]
    ran = run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    return TranscribeSummary(len(decodings[0].clips), decoded=ran, reused=len(decodings) - ran)


@stage("transcribe", runs_a_job=True, timed=False)
def transcribe_shards(cycle: Cycle, specs: Sequence[ShardSpec]) -> TranscribeSummary:
    """Decode shards in one job, in a child flow; those that are done are left."""
    shards = [spec.of(cycle) for spec in specs]
    decoded = decode_shards(shards)
    rows = sum(len(shard.positions) for shard in shards)
    return TranscribeSummary(rows, decoded=len(decoded), reused=len(shards) - len(decoded))
