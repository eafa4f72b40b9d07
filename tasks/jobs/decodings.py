"""Run decodings that are not done: here, all of one call in one job, or in a pool, a child a shard.

Each is divided into shards, and these are joined in row order. What is done is not decoded again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, NonNegativeInt, PositiveInt

from tasks.domain.decoding import DecodingConfig
from tasks.domain.errors import DamagedFile
from tasks.domain.jobs import ChildRun
from tasks.domain.recipe import assign_shards
from tasks.jobs.decode import Request, decode_all
from tasks.logs import log
from tasks.records.files import digest, read_lines, write_jsonl
from tasks.workspace.comparison import anchor_system, tuned_ways
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.decoded import WAY_OUT, Decoding, RowSet
from tasks.workspace.locks import locked
from tasks.workspace.models import arm_model, candidate_system, current_boost, write_vocabulary

Submit = Callable[[Sequence[ChildRun]], None]
ModelRole = Literal["comparison", "candidate"]
ROWS_IN_WORDS: Mapping[RowSet, str] = {
    "cycle": "benchmark", "acceptance": "acceptance", "boost": "train and validation",
    "arms": "validation", "test": "test", "general": "general speech", "anchor": "first base",
}  # fmt: skip
SHOWN_WAYS = 3


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

    def write(self, texts: Sequence[str]) -> None:
        """Write the hypotheses of its rows, in the order of `positions`."""
        lines = zip(self.positions, texts, strict=True)
        write_jsonl(self.output, [{"row": row, "hyp": text} for row, text in lines])


class ShardSpec(BaseModel):
    """A shard as a child run is asked for it, which may be before its model is trained.

    The rows `cycle` are the whole benchmark and the guard set, of a fold what it held out. A
    `base_share` asks for the fine-tune averaged with that share of its base; `decoding` is how to
    decode where that is not as the side does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    side: ModelRole = "candidate"
    fold: PositiveInt | None = None
    rows: RowSet = "cycle"
    base_share: float | None = None
    decoding: DecodingConfig | None = None
    shard: NonNegativeInt = 0
    shards: PositiveInt = 1

    def of(self, cycle: Cycle) -> Shard:
        """Find the shard; raise DamagedFile where its model is not there."""
        run = Run(cycle, self.fold)
        first = anchor_system(cycle) if self.rows == "anchor" else None
        if first is not None:
            system = first
        elif self.base_share is not None:
            system = System(arm_model(run, self.base_share))
        elif self.side == "comparison":
            system = cycle.comparison
        else:
            system = candidate_system(run)
        if self.decoding is not None:
            system = System(system.model, self.decoding)
        return Shard(Decoding(run, system, self.rows), self.shard, self.shards)


def decode_shards(shards: Sequence[Shard]) -> list[Shard]:
    """Decode the shards that are not done, in one job where that can be, and return those."""
    with ExitStack() as locks:
        for root, name in sorted({(s.decoding.cycle.root, s.output.name) for s in shards}):
            locks.enter_context(locked(root, name))
        todo = [shard for shard in shards if not shard.done]
        asked, requests = [], []
        for shard in todo:
            decoding, clips = shard.decoding, shard.decoding.clips
            write_vocabulary(decoding.cycle, decoding.system.decoding)
            rows = [clips[position][1] for position in shard.positions]
            if rows:
                asked.append(shard)
                batch_size = decoding.cycle.policy.decoding.batch_size
                requests.append(Request(rows, decoding.system, batch_size))
            else:
                shard.write([])
        if requests:
            work = todo[0].output.with_suffix(".work")
            decode_all(requests, work, lambda number, texts: asked[number].write(texts))
    return todo


def run_decodings(decodings: Sequence[Decoding], shards: int, submit: Submit | None) -> int:
    """Run every decoding that is not done, and return their number.

    `submit` runs children in a pool; None decodes here.
    """
    unique = list({d.output: d for d in decodings}.values())
    missing = [decoding for decoding in unique if not decoding.done]
    for decoding in missing:
        if decoding.output.exists():
            log().warning("transcribe: %s is damaged and is decoded again", decoding.output)
            decoding.output.unlink()
    todo = [
        shard
        for decoding in missing
        for shard in _shards_of(decoding, shards)
        if not shard.output.exists()
    ]
    if submit is not None and todo:
        for shard in todo:
            write_vocabulary(shard.decoding.cycle, shard.decoding.system.decoding)
        submit(_children(unique, todo, shards))
    elif todo:
        decode_shards(todo)
    for decoding in missing:
        join_shards(decoding, decoding.shard_count(shards))
    return len(missing)


def after_training(run: Run) -> list[ShardSpec]:
    """Return what is decoded next once a run is trained, and can be in the same process: what its arms
    are compared on, or, without arms, what the verdict needs."""
    cycle = run.cycle
    if run.fold is not None:
        return [ShardSpec(fold=run.fold)]
    if cycle.policy.arms is None:
        return [ShardSpec(side="comparison"), ShardSpec()]
    boost = current_boost(cycle)
    ways = tuned_ways(cycle, boost.chosen if boost else None)
    return [ShardSpec(base_share=share, rows="arms", decoding=way) for share, way in ways]


def _shards_of(decoding: Decoding, shards: int) -> list[Shard]:
    count = decoding.shard_count(shards)
    return [Shard(decoding, number, count) for number in range(count)]


def _children(decodings: Sequence[Decoding], todo: Sequence[Shard], shards: int) -> list[ChildRun]:
    """Divide decodings among as many children as there are shards; undivided ones go round.

    A child is known by all that this call asks of it, done before or not: a cycle that is started
    again finds the one at work, which skips what is done.
    """
    parts: list[list[Shard]] = [[] for _ in range(shards)]
    whole = 0
    for decoding in decodings:
        for shard in _shards_of(decoding, shards):
            number = shard.number if shard.of == shards else whole % shards
            whole += shard.of != shards
            parts[number].append(shard)
    missing = {shard.output for shard in todo}
    return [
        ChildRun(
            _in_words([shard for shard in part if shard.output in missing]),
            {"decodings": [_spec(shard).model_dump(mode="json") for shard in part]},
            digest(*(str(shard.output) for shard in part)),
            tuple(shard.output for shard in part if shard.output in missing),
        )
        for part in parts
        if any(shard.output in missing for shard in part)
    ]


def _in_words(shards: Sequence[Shard]) -> str:
    """Return the rows to decode and the decodings, such as `test 55 rows greedy, beam 4`."""
    rows = {
        f"{ROWS_IN_WORDS[one.decoding.rows]} {len(one.positions)} rows": None
        for one in shards
        if one.decoding.run.fold is None
    }
    folds = [str(one.decoding.run.fold) for one in shards if one.decoding.run.fold is not None]
    ways = list(dict.fromkeys(one.decoding.system.decoding.name for one in shards))
    more = f" and {len(ways) - SHOWN_WAYS} more" if len(ways) > SHOWN_WAYS else ""
    divided = next((f"shard {s.number + 1} of {s.of}" for s in shards if s.of > 1), "")
    held_out = f"folds {', '.join(folds)}" if folds else ""
    what = ", ".join(filter(None, [*rows, held_out]))
    return " ".join(filter(None, [what, ", ".join(ways[:SHOWN_WAYS]) + more, divided]))


def _spec(shard: Shard) -> ShardSpec:
    """Describe a shard so that a child flow finds it."""
    decoding = shard.decoding
    cycle, run, system = decoding.cycle, decoding.run, decoding.system
    whole = decoding.rows in ("cycle", "acceptance")  # these name no decoding of their own
    compared = system == cycle.comparison if whole else system.model == cycle.comparison.model
    return ShardSpec(
        side="comparison" if compared else "candidate",
        fold=run.fold,
        rows=decoding.rows,
        base_share=next((s for s in cycle.policy.shares if run.arm(s) == system.path), None),
        decoding=None if whole or decoding.rows == "anchor" else system.decoding,
        shard=shard.number,
        shards=shard.of,
    )


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
            raise DamagedFile(f"{found}: run the same command to decode them again")
    except DamagedFile:
        for path in paths:
            path.unlink(missing_ok=True)
        raise
    decoding.write([texts[position] for position in range(clips)])
    for path in decoding.output.parent.glob(f"{decoding.output.stem}.*.part"):
        path.unlink()
