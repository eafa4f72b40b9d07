"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from tasks.domain.errors import DamagedFile
from tasks.domain.recipe import assign_shards
from tasks.jobs.decode import decode_rows
from tasks.logs import log
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import Parameters, run_in_pool
from tasks.workspace.decoded import WAY_OUT, Decoding, RowSet, sides
from tasks.workspace.files import read_lines, write_jsonl
from tasks.workspace.hypotheses import sample_rows
from tasks.workspace.locks import locked
from tasks.workspace.models import candidate_model
from tasks.workspace.own_baseline import write_own_baseline
from tasks.workspace.paths import Cycle, Run

ModelRole = Literal["comparison", "candidate"]


class ShardLine(BaseModel):
    """One hypothesis of a shard, with the position of its row."""

    row: int
    hyp: str


@dataclass(frozen=True)
class BaselineSummary:
    """Rows that the comparison model was scored on, and whether their decoding stood already."""

    rows: int
    reused: bool


@dataclass(frozen=True)
class TranscribeSummary:
    """Rows of the benchmark, and how many decodings of them were run now."""

    rows: int
    decoded: int
    reused: int


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle, pool: str | None = None, shards: int = 1) -> BaselineSummary:
    """Decode the comparison model where the cycle came without a baseline."""
    ran = run_decodings([Decoding(Run(cycle), cycle.comparison)], pool, shards)
    write_own_baseline(cycle)
    return BaselineSummary(rows=len(cycle.rows), reused=not ran)


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle, pool: str | None = None, shards: int = 1) -> TranscribeSummary:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses."""
    candidate = Decoding(Run(cycle), candidate_model(Run(cycle)))
    folds = [Decoding(fold, candidate_model(fold)) for fold in cycle.folds]
    decodings = [Decoding(Run(cycle), cycle.comparison), candidate, *folds]
    ran = run_decodings(decodings, pool, shards)
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
    models = (cycle.comparison, candidate_model(Run(cycle)))
    decodings = [Decoding(Run(cycle), model, "acceptance") for model in models]
    ran = run_decodings(decodings, pool, shards)
    return TranscribeSummary(len(decodings[0].clips), decoded=ran, reused=len(decodings) - ran)


@stage("transcribe", runs_a_job=True, timed=False)
def transcribe_shard(
    run: Run, role: ModelRole, shard: int, shards: int, rows: RowSet = "cycle"
) -> BaselineSummary:
    """Decode one shard of the rows with one of the two models, in a child flow."""
    model = run.cycle.comparison if role == "comparison" else candidate_model(run)
    return decode_shard(Decoding(run, model, rows), shard, shards)


def decode_shard(decoding: Decoding, shard: int, shards: int) -> BaselineSummary:
    """Decode one shard of the rows, unless it was done."""
    output = decoding.shard(shard, shards)
    batch_size = decoding.cycle.policy.decoding.batch_size
    with locked(decoding.cycle.root, output.name):
        rows = [row for _, row, _ in decoding.clips]
        durations = [row.duration for row in rows]
        mine = assign_shards(durations, shards, batch_size)[shard]
        done = output.exists() or decoding.output.exists()
        if not done:
            work = output.with_suffix(".work")
            wanted = [rows[position] for position in mine]
            texts = decode_rows(wanted, decoding.model, work, batch_size) if mine else []
            lines = zip(mine, texts, strict=True)
            write_jsonl(output, [{"row": position, "hyp": text} for position, text in lines])
    return BaselineSummary(rows=len(mine), reused=done)


def run_decodings(decodings: Sequence[Decoding], pool: str | None, shards: int) -> int:
    """Run every decoding that is not done, and give their number.

    Shards run in the pool, or one after the other here; they are joined in row order.
    """
    missing = [decoding for decoding in decodings if not decoding.done]
    for decoding in missing:
        if decoding.output.exists():
            log().warning("transcribe: %s is damaged and is decoded anew", decoding.output)
            decoding.output.unlink()
    todo = [
        (decoding, shard, count)
        for decoding in missing
        for count in [decoding.shard_count(shards)]
        for shard in range(count)
        if not decoding.shard(shard, count).exists()
    ]
    if pool is not None and todo:
        children = {one.shard(shard, of): _parameters(one, shard, of) for one, shard, of in todo}
        run_in_pool("transcribe", pool, decodings[0].cycle, children)
    else:
        for decoding, shard, count in todo:
            decode_shard(decoding, shard, count)
    for decoding in missing:
        join_shards(decoding, decoding.shard_count(shards))
    return len(missing)


def _parameters(decoding: Decoding, shard: int, shards: int) -> Parameters:
    """Give what a child flow needs to find the same decoding."""
    role = "comparison" if decoding.model == decoding.cycle.comparison else "candidate"
    given: Parameters = {
        "side": role, "fold": decoding.run.fold, "shard": shard, "shards": shards,
    }  # fmt: skip
    return given if decoding.rows == "cycle" else {**given, "rows": decoding.rows}


def join_shards(decoding: Decoding, shards: int) -> None:
    """Put the shards together in row order, then remove them and those of an earlier division."""
    paths = [decoding.shard(number, shards) for number in range(shards)]
    texts: dict[int, str] = {}
    try:
        for path in paths:
            lines: list[ShardLine] = read_lines(path, ShardLine, WAY_OUT)
            texts |= {line.row: line.hyp for line in lines}
        clips = len(decoding.clips)
        if sorted(texts) != list(range(clips)):
            found = f"{shards} shards gave {len(texts)} of {clips} rows"
            raise DamagedFile(f"{found}: the same command decodes them anew")
    except DamagedFile:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    decoding.write([texts[position] for position in range(clips)])
    for path in decoding.output.parent.glob(f"{decoding.output.stem}.*.part"):
        path.unlink()
