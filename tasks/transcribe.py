"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.progress import ALREADY_DONE, REUSED, StageSummary, counted, in_words, reused_of
from tasks.jobs.decodings import ShardSpec, decode_shards, run_decodings
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import submitter
from tasks.records.files import write_jsonl
from tasks.workspace.comparison import anchor_decoding, anchor_system
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import (
    Decoding,
    RowSet,
    baseline_is_given,
    keep_transcripts,
    sides,
    write_own_baseline,
)
from tasks.workspace.hypotheses import sample_rows
from tasks.workspace.models import boosted_alternative, candidate_system


@dataclass(frozen=True)
class BaselineSummary(StageSummary):
    """Rows that the comparison model was scored on, and whether they were decoded before."""

    rows: int
    reused: bool

    @property
    def words(self) -> str:
        return in_words(counted(self.rows, "rows"), ALREADY_DONE if self.reused else "")

    @property
    def reuse(self) -> str:
        return REUSED if self.reused else ""


@dataclass(frozen=True)
class TranscribeSummary(StageSummary):
    """Rows of the benchmark, and how many decodings of them were run now.

    `boosted` and `anchor` are clips that the comparison model boosted and the first base transcribe too.
    """

    rows: int
    decoded: int
    reused: int
    boosted: int = 0
    anchor: int = 0

    @property
    def words(self) -> str:
        return in_words(
            counted(self.rows, "rows"),
            counted(self.decoded, "decodings run"),
            counted(self.reused, "finished before"),
            counted(self.boosted, "test rows by boosting alone"),
            counted(self.anchor, "clips by the first base"),
        )

    @property
    def reuse(self) -> str:
        return reused_of(self.reused, self.decoded)


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle, pool: str | None = None, shards: int = 1) -> BaselineSummary:
    """Decode the comparison model where the cycle came without a baseline, or with another system's.

    A per_sample.json that was given is an input, and left as it is.
    """
    decodings = [Decoding(Run(cycle), cycle.comparison)]
    ran = run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    if not baseline_is_given(cycle):
        write_own_baseline(cycle)
    return BaselineSummary(rows=len(cycle.rows), reused=not ran)


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle, pool: str | None = None, shards: int = 1) -> TranscribeSummary:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses.

    In the same list go the test rows by boosting alone, where a boosting was chosen, and what the first
    base has not transcribed yet, where it is another model.
    """
    run = Run(cycle)
    comparison, candidate = (
        Decoding(run, system) for system in (cycle.comparison, candidate_system(run))
    )
    folds = [Decoding(fold, candidate_system(fold)) for fold in cycle.folds]
    free, first = boosted_alternative(cycle), anchor_decoding(cycle)
    boosted = [Decoding(run, free, "test")] if free else []
    parts = _parts(candidate)
    decodings = [comparison, *(parts or [candidate]), *folds, *boosted, *([first] if first else [])]
    ran = run_decodings(decodings, shards, submitter("transcribe", pool, cycle))
    if parts:
        texts = {clip: text for part in parts for clip, text in part.by_clip().items()}
        clips = candidate.clips
        candidate.write([texts[name, row.audio_filepath] for name, row, _ in clips])
    anchor = anchor_system(cycle)
    if anchor and anchor.identity == comparison.system.identity:
        keep_transcripts(comparison)
    side = sides(run)
    write_jsonl(
        cycle.next_folder / "offline_hyps.jsonl",
        [
            row | {"split": side[row["audio_filepath"]]}
            for row in sample_rows(cycle.rows, candidate.read())
        ],
    )
    return TranscribeSummary(
        rows=len(cycle.rows),
        decoded=ran,
        reused=len(decodings) - ran,
        boosted=sum(len(one.clips) for one in boosted),
        anchor=len(first.clips) if first else 0,
    )


def _parts(candidate: Decoding) -> list[Decoding]:
    """Return the decodings that make up that of a boosted comparison model, which stage boost and an
    earlier candidate of the cycle have run in part; none for another system, or where it is done."""
    cycle = candidate.cycle
    if candidate.system.model != cycle.comparison.model or candidate.done:
        return []
    sets: list[RowSet] = ["boost", "test"]
    if cycle.general:
        sets.append("general")
    return [Decoding(candidate.run, candidate.system, rows) for rows in sets]


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
