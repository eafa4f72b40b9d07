"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tasks.domain.jobs import JobFailed
from tasks.domain.recipe import assign_shards
from tasks.jobs.decode import decode_rows
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import run_in_pool
from tasks.settings import Settings
from tasks.workspace.decoded import read_hypotheses
from tasks.workspace.inputs import clinical_rows, general_rows, nemo_row
from tasks.workspace.locks import locked
from tasks.workspace.models import candidate_model
from tasks.workspace.paths import (
    Cycle,
    Model,
    folds_of,
    read_jsonl,
    sample_rows,
    sides,
    write_jsonl,
    write_own_baseline,
)

Side = Literal["comparison", "candidate"]


@dataclass(frozen=True)
class Decoding:
    """One model that decodes the rows of a cycle, or those that a fold held out."""

    cycle: Cycle
    side: Side
    model: Model

    @property
    def output(self) -> Path:
        return self.cycle.decoded(self.model)

    def shard_count(self, shards: int) -> int:
        """How many shards it is cut into: what one fold held out is not worth two model loads."""
        return shards if self.cycle.fold is None else 1

    def part(self, shard: int, shards: int) -> Path:
        """Where one shard lies until it is joined."""
        return self.output.with_suffix(f".{shard}-of-{shards}.part")


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle, pool: str | None = None, shards: int = 1) -> dict[str, Any]:
    """Decode the comparison model where the cycle came without a baseline."""
    ran = decode([Decoding(cycle, "comparison", cycle.comparison)], pool, shards)
    rows = clinical_rows(cycle)
    write_own_baseline(cycle, sample_rows(rows, read_hypotheses(cycle, cycle.comparison)))
    return {"rows": len(rows), "reused": not ran}


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle, pool: str | None = None, shards: int = 1) -> dict[str, Any]:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses."""
    candidate = candidate_model(cycle)
    asked = [
        Decoding(cycle, "comparison", cycle.comparison),
        Decoding(cycle, "candidate", candidate),
        *(Decoding(fold, "candidate", candidate_model(fold)) for fold in folds_of(cycle)),
    ]
    ran = decode(asked, pool, shards)
    rows = clinical_rows(cycle)
    side = sides(cycle)
    write_jsonl(
        cycle.next_folder / "offline_hyps.jsonl",
        [
            row | {"split": side[row["audio_filepath"]]}
            for row in sample_rows(rows, read_hypotheses(cycle, candidate))
        ],
    )
    return {"rows": len(rows), "decoded": ran, "reused": len(asked) - ran}


@stage("transcribe", runs_a_job=True, noted=False)
def transcribe_shard(cycle: Cycle, side: Side, shard: int, shards: int) -> dict[str, Any]:
    """Decode one shard of the rows with one of the two models, in a child flow."""
    model = cycle.comparison if side == "comparison" else candidate_model(cycle)
    return decode_shard(Decoding(cycle, side, model), shard, shards)


def decode_shard(asked: Decoding, shard: int, shards: int) -> dict[str, Any]:
    """Decode one shard of the rows, unless it was done."""
    output = asked.part(shard, shards)
    with locked(asked.cycle.root, output.name):
        rows = [row for _, row in named_rows(asked.cycle)]
        durations = [row["duration"] for row in rows]
        mine = assign_shards(durations, shards, Settings().transcribe_batch_size)[shard]
        done = output.exists() or asked.output.exists()
        if not done:
            work = output.with_suffix(".work")
            texts = decode_rows([rows[n] for n in mine], asked.model, work) if mine else []
            lines = [{"row": n, "hyp": text} for n, text in zip(mine, texts, strict=True)]
            write_jsonl(output, lines)
    return {"rows": len(mine), "reused": done}


def decode(asked: Sequence[Decoding], pool: str | None, shards: int) -> int:
    """Run every decoding that is not done, and give their number.

    Shards run in the pool, or one after the other here; they are joined in row order.
    """
    missing = [one for one in asked if not one.output.exists()]
    todo = [
        (one, shard, one.shard_count(shards))
        for one in missing
        for shard in range(one.shard_count(shards))
        if not one.part(shard, one.shard_count(shards)).exists()
    ]
    if pool is not None:
        children = {
            one.part(shard, of): {
                "side": one.side, "fold": one.cycle.fold, "shard": shard, "shards": of,
            }
            for one, shard, of in todo
        }  # fmt: skip
        run_in_pool("transcribe", pool, asked[0].cycle, children)
    else:
        for one, shard, of in todo:
            decode_shard(one, shard, of)
    for one in missing:
        join(one, one.shard_count(shards))
    return len(missing)


def named_rows(cycle: Cycle) -> list[tuple[str, dict[str, Any]]]:
    """Every row to decode, with the name of its set; of a fold those that it held out."""
    rows = clinical_rows(cycle)
    if cycle.fold is not None:
        side = sides(cycle)
        rows = [row for row in rows if side[row.audio_filepath] == "validation"]
    named = [("benchmark", nemo_row(cycle.manifest, row)) for row in rows]
    if cycle.general_sha256 and cycle.fold is None:
        guard = general_rows(cycle.general)
        named += [("general", nemo_row(cycle.general, row)) for row in guard]
    return named


def join(done: Decoding, shards: int) -> None:
    """Put the shards together in row order, then remove them and what an earlier cut left."""
    parts = [done.part(shard, shards) for shard in range(shards)]
    texts = {line["row"]: line["hyp"] for path in parts for line in read_jsonl(path)}
    rows = named_rows(done.cycle)
    if sorted(texts) != list(range(len(rows))):
        raise JobFailed(
            f"{shards} shards gave {len(texts)} of {len(rows)} rows: has every worker the same "
            "FLYWHEEL_TRANSCRIBE_BATCH_SIZE?"
        )
    lines = [
        {"set": name, "audio_filepath": row["audio_filepath"], "hyp": texts[n]}
        for n, (name, row) in enumerate(rows)
    ]
    write_jsonl(done.output, lines)
    for path in done.output.parent.glob(f"{done.output.stem}.*.part"):
        path.unlink()
