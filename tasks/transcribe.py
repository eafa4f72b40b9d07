"""Stage transcribe: decode benchmark and guard rows with a saved model, in a fresh process."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from tasks.comparison import candidate_model, heard
from tasks.decoding import decode_rows
from tasks.inputs import clinical_rows, general_rows, nemo_row
from tasks.locks import locked
from tasks.pool import run_in_pool
from tasks.stage import stage
from tasks.workspace import (
    Cycle,
    Model,
    read_jsonl,
    sample_rows,
    sides,
    write_jsonl,
    write_own_baseline,
)

Side = Literal["comparison", "candidate"]


@stage("transcribe-baseline", runs_a_job=True)
def transcribe_baseline(cycle: Cycle, pool: str | None = None, shards: int = 1) -> dict[str, Any]:
    """Decode the comparison model where the cycle came without a baseline."""
    ran = decode(cycle, {"comparison": cycle.comparison}, pool, shards)
    rows = clinical_rows(cycle)
    write_own_baseline(cycle, sample_rows(rows, heard(cycle, cycle.comparison)))
    return {"rows": len(rows), "reused": not ran}


@stage("transcribe", runs_a_job=True)
def transcribe_rows(cycle: Cycle, pool: str | None = None, shards: int = 1) -> dict[str, Any]:
    """Decode comparison model and candidate through one path; leave the candidate's hypotheses."""
    candidate = candidate_model(cycle)
    ran = decode(cycle, {"comparison": cycle.comparison, "candidate": candidate}, pool, shards)
    rows = clinical_rows(cycle)
    side = sides(cycle)
    write_jsonl(
        cycle.next_folder / "offline_hyps.jsonl",
        [
            row | {"split": side[row["audio_filepath"]]}
            for row in sample_rows(rows, heard(cycle, candidate))
        ],
    )
    return {"rows": len(rows), "decoded": ran, "reused": 2 - ran}


@stage("transcribe", runs_a_job=True, noted=False)
def transcribe_shard(cycle: Cycle, side: Side, shard: int, shards: int) -> dict[str, Any]:
    """Decode one shard of the rows with one of the two models, in a child flow."""
    model = cycle.comparison if side == "comparison" else candidate_model(cycle)
    return decode_shard(cycle, model, shard, shards)


def decode_shard(cycle: Cycle, model: Model, shard: int, shards: int) -> dict[str, Any]:
    """Decode one shard of the rows, unless it was done."""
    output = part(cycle, model, shard, shards)
    with locked(cycle.root, output.name):
        rows = [row for _, row in named_rows(cycle)][shard::shards]  # shards take about as long
        done = output.exists() or cycle.decoded(model).exists()
        if not done:
            texts = decode_rows(rows, model, output.with_suffix(".work"))
            write_jsonl(output, [{"hyp": text} for text in texts])
    return {"rows": len(rows), "reused": done}


def decode(cycle: Cycle, models: Mapping[Side, Model], pool: str | None, shards: int) -> int:
    """Decode every benchmark and guard row with each model, unless it was done.

    Shards run in the pool, or one after the other here; they are joined in row order. Returns how
    many models were decoded.
    """
    missing = {side: m for side, m in models.items() if not cycle.decoded(m).exists()}
    places = {
        (side, shard): part(cycle, model, shard, shards)
        for side, model in missing.items()
        for shard in range(shards)
    }
    todo = {place: path for place, path in places.items() if not path.exists()}
    if pool is not None:
        children = {
            path: {"side": side, "shard": shard, "shards": shards}
            for (side, shard), path in todo.items()
        }
        run_in_pool("transcribe", pool, cycle, children)
    else:
        for side, shard in todo:
            decode_shard(cycle, missing[side], shard, shards)
    for side, model in missing.items():
        join(cycle, model, [places[side, shard] for shard in range(shards)])
    return len(missing)


def part(cycle: Cycle, model: Model, shard: int, shards: int) -> Path:
    """Where one shard of a decoding lies until it is joined."""
    return cycle.decoded(model).with_suffix(f".{shard}-of-{shards}.part")


def named_rows(cycle: Cycle) -> list[tuple[str, dict[str, Any]]]:
    """Every row to decode, with the name of its set."""
    named = [("benchmark", nemo_row(cycle.manifest, row)) for row in clinical_rows(cycle)]
    if cycle.general_sha256:
        guard = general_rows(cycle.general)
        named += [("general", nemo_row(cycle.general, row)) for row in guard]
    return named


def join(cycle: Cycle, model: Model, parts: list[Path]) -> None:
    """Put the shards together in row order, then remove them."""
    texts = [iter([line["hyp"] for line in read_jsonl(path)]) for path in parts]
    lines = [
        {"set": name, "audio_filepath": row["audio_filepath"], "hyp": next(texts[n % len(parts)])}
        for n, (name, row) in enumerate(named_rows(cycle))
    ]
    write_jsonl(cycle.decoded(model), lines)
    for path in parts:
        path.unlink()
