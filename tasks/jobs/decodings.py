"""Run decodings that are not done: here, all of one call in one job, or as children in a pool.

Each is divided into shards, and these are joined in row order. What stands is not decoded again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from tasks.domain.errors import DamagedFile
from tasks.domain.recipe import assign_shards
from tasks.jobs.decode import Request, decode_all
from tasks.logs import log
from tasks.records.files import read_lines, write_jsonl
from tasks.workspace.decoded import WAY_OUT, Decoding
from tasks.workspace.locks import locked
from tasks.workspace.vocabulary import write_vocabulary

Parameters = Mapping[str, object]
Submit = Callable[[Mapping[Path, Parameters]], None]


class ShardLine(BaseModel):
    """One hypothesis of a shard, with the position of its row."""

    row: int
    hyp: str


@dataclass(frozen=True)
class Shard:
    """One part of a decoding: `number` from 0 `of` so many."""

    decoding: Decoding
    number: int = 0
    of: int = 1

    @property
    def output(self) -> Path:
        return self.decoding.shard(self.number, self.of)

    @property
    def done(self) -> bool:
        return self.output.exists() or self.decoding.output.exists()

    @property
    def positions(self) -> list[int]:
        """The rows of this shard."""
        durations = [row.duration for _, row, _ in self.decoding.clips]
        batch_size = self.decoding.cycle.policy.decoding.batch_size
        return assign_shards(durations, self.of, batch_size)[self.number]


def decode_shards(shards: Sequence[Shard]) -> list[Shard]:
    """Decode the shards that are not done, in one job where that can be; give those."""
    with ExitStack() as locks:
        for root, name in sorted({(s.decoding.cycle.root, s.output.name) for s in shards}):
            locks.enter_context(locked(root, name))
        todo = [shard for shard in shards if not shard.done]
        requests = {}
        for shard in todo:
            decoding, clips = shard.decoding, shard.decoding.clips
            write_vocabulary(decoding.cycle, decoding.system.decoding)
            rows = [clips[position][1] for position in shard.positions]
            batch_size = decoding.cycle.policy.decoding.batch_size
            if rows:
                requests[shard.output] = Request(rows, decoding.system, batch_size)
        texts: dict[Path, list[str]] = {}
        if requests:
            work = todo[0].output.with_suffix(".work")
            decoded = decode_all(list(requests.values()), work)
            texts = dict(zip(requests, decoded, strict=True))
        for shard in todo:
            lines = zip(shard.positions, texts.get(shard.output, []), strict=True)
            write_jsonl(shard.output, [{"row": row, "hyp": text} for row, text in lines])
    return todo


def run_decodings(decodings: Sequence[Decoding], shards: int, submit: Submit | None) -> int:
    """Run every decoding that is not done, and give their number.

    `submit` runs children in a pool, by the file each leaves; None decodes here.
    """
    missing = list({d.output: d for d in decodings if not d.done}.values())
    for decoding in missing:
        if decoding.output.exists():
            log().warning("transcribe: %s is damaged and is decoded anew", decoding.output)
            decoding.output.unlink()
    parts = [
        Shard(decoding, number, count)
        for decoding in missing
        for count in [decoding.shard_count(shards)]
        for number in range(count)
    ]
    todo = [shard for shard in parts if not shard.output.exists()]
    if submit is not None and todo:
        for shard in todo:
            write_vocabulary(shard.decoding.cycle, shard.decoding.system.decoding)
        submit({shard.output: _parameters(shard) for shard in todo})
    elif todo:
        decode_shards(todo)
    for decoding in missing:
        join_shards(decoding, decoding.shard_count(shards))
    return len(missing)


def _parameters(shard: Shard) -> Parameters:
    """Give what a child flow needs to find the same decoding."""
    decoding = shard.decoding
    cycle, run, system = decoding.cycle, decoding.run, decoding.system
    share = next((s for s in cycle.policy.shares if run.arm(s) == system.path), None)
    whole = decoding.rows in ("cycle", "acceptance")  # these name no decoding of their own
    compared = system == cycle.comparison if whole else system.model == cycle.comparison.model
    given: dict[str, object] = {
        "side": "comparison" if compared else "candidate",
        "fold": run.fold,
        "shard": shard.number,
        "shards": shard.of,
    }
    if decoding.rows != "cycle":
        given["rows"] = decoding.rows
    if share is not None:
        given["base_share"] = share
    if decoding.rows in ("boost", "arms", "test", "general"):
        given["decoding"] = system.decoding.model_dump(mode="json")
    return given


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
