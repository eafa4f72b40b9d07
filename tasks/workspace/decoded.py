"""The transcripts of a model: their clips, their files, and whether they are complete.

A line of a decoded file carries the digest of its clip, so that no hypothesis can be taken for that of
another row. Our own per_sample.json is made from it; a person's is an input.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from tasks.domain.errors import DamagedFile
from tasks.domain.jobs import AudioRow
from tasks.domain.manifest import AudioFacts
from tasks.domain.split import Side
from tasks.records.files import (
    Stamp,
    damaged,
    digest,
    file_stamp,
    json_lines,
    link_atomic,
    read_lines,
    write_atomic,
    write_jsonl,
    write_record,
)
from tasks.records.record import Record, read_record
from tasks.workspace.cycle import Cycle, Run, System
from tasks.workspace.hypotheses import sample_rows
from tasks.workspace.splits import split_of, untrained_replay

SetName = Literal["benchmark", "general", "acceptance"]
# All rows of a cycle; those that only a good candidate transcribes; those that a boosting is chosen on,
# that a fine-tune's systems are compared on, and that the verdict was taken on; general speech alone; and
# those of test and general speech that the first base has not transcribed in any cycle.
RowSet = Literal["cycle", "acceptance", "boost", "arms", "test", "general", "anchor"]
SIDES: dict[RowSet, tuple[Side, ...]] = {
    "boost": ("train", "validation"), "arms": ("validation",), "test": ("test",),
}  # fmt: skip
WAY_OUT = "rerun the cycle to decode it again"


class DecodedLine(BaseModel):
    """One hypothesis with the clip that it is of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    set: SetName
    audio_filepath: str
    audio_sha256: str
    hyp: str


@dataclass(frozen=True)
class Decoding:
    """The rows that one system has to transcribe: of a cycle, those that a fold held out, those of
    acceptance.jsonl, or those that arms are compared on."""

    run: Run
    system: System
    rows: RowSet = "cycle"

    @property
    def cycle(self) -> Cycle:
        return self.run.cycle

    @property
    def output(self) -> Path:
        """Named by the digest of system, rows and batch size; that of the first base by its system first."""
        cycle = self.cycle
        if self.rows == "anchor":
            audio = digest(*(facts.sha256 for _, _, facts in self.clips))
            return _kept_path(cycle, self.system, audio)
        if self.rows == "cycle":
            sets = [cycle.manifest_sha256, cycle.audio_sha256, cycle.general_sha256]
        else:
            sets = [self.rows, digest(*(facts.sha256 for _, _, facts in self.clips))]
        batch_size = cycle.policy.decoding.batch_size
        clips = batch_size or 32  # what unset once was: what is decoded keeps its name
        identity = digest(self.system.identity, *sets, str(clips))
        folder = cycle.folder if self.run.fold is None else self.run.folder
        return folder / "decoded" / f"{identity[:16]}.jsonl"

    def shard_count(self, shards: int) -> int:
        """Return the shards it is divided into: what one fold held out is not worth two loads."""
        return shards if self.run.fold is None else 1

    def shard(self, number: int, shards: int) -> Path:
        """The file of one shard until all are joined."""
        return self.output.with_suffix(f".{number}-of-{shards}.part")

    @cached_property
    def clips(self) -> list[tuple[SetName, AudioRow, AudioFacts]]:
        """Every clip in order: the benchmark's, then general ones; of a fold its own."""
        if self.rows == "acceptance":
            given = self.cycle.acceptance
            audio = zip(given.audio_rows, given.audio, strict=True) if given else ()
            return [("acceptance", *clip) for clip in audio]
        benchmark = self.cycle.require_benchmark
        clips = zip(benchmark.audio_rows, benchmark.audio, strict=True)
        general = self.cycle.general
        guard: list[tuple[SetName, AudioRow, AudioFacts]] = [
            ("general", *clip)
            for clip in (zip(general.audio_rows, general.audio, strict=True) if general else ())
        ]
        if self.rows == "general":
            return guard
        if self.rows == "anchor":
            kept = kept_transcripts(self.cycle.root, self.system.identity)
            side = {} if self.cycle.folds else sides(self.run)
            judged: list[tuple[SetName, AudioRow, AudioFacts]] = [
                ("benchmark", *clip)
                for row, clip in zip(benchmark.rows, clips, strict=True)
                if side.get(row.audio_filepath, "test") == "test"
            ]
            return [clip for clip in (*judged, *guard) if clip[2].sha256 not in kept]
        if self.run.fold is not None or self.rows != "cycle":
            wanted = SIDES.get(self.rows, ("test",))
            side = sides(self.run)
            chosen: list[tuple[SetName, AudioRow, AudioFacts]] = [
                ("benchmark", *clip)
                for row, clip in zip(benchmark.rows, clips, strict=True)
                if side[row.audio_filepath] in wanted
            ]
            if self.rows in ("boost", "arms") and self.cycle.replay is not None:
                replay, facts = self.cycle.replay.audio_rows, self.cycle.replay.audio
                chosen += [("general", replay[p], facts[p]) for p in untrained_replay(self.run)]
            return chosen
        return [*(("benchmark", *clip) for clip in clips), *guard]

    def write(self, hypotheses: Sequence[str]) -> None:
        """Write what the model transcribed, a line a clip, in their order."""
        lines = [
            {
                "set": name,
                "audio_filepath": row.audio_filepath,
                "audio_sha256": facts.sha256,
                "hyp": text,
            }
            for (name, row, facts), text in zip(self.clips, hypotheses, strict=True)
        ]
        write_jsonl(self.output, lines)

    def read(self, name: SetName = "benchmark") -> list[str]:
        """Return the hypotheses of one set, in row order; raise DamagedFile unless all are there."""
        if not self.output.is_file():
            raise DamagedFile(f"{self.output} is not there: {WAY_OUT}")
        clips, texts = _decoded_clips(self.output, file_stamp(self.output))
        expected = [(kind, facts.sha256) for kind, _, facts in self.clips]
        if clips != expected:
            found = f"{len(clips)} lines are not those of its {len(expected)} clips"
            raise damaged(self.output, found, WAY_OUT)
        return [text for (kind, _), text in zip(clips, texts, strict=True) if kind == name]

    def by_clip(self) -> dict[tuple[SetName, str], str]:
        """Return each hypothesis by its set and the path of its clip."""
        names: tuple[SetName, ...] = ("benchmark", "general", "acceptance")
        texts = {name: iter(self.read(name)) for name in names}
        return {(name, row.audio_filepath): next(texts[name]) for name, row, _ in self.clips}

    @property
    def done(self) -> bool:
        """Whether every hypothesis is there; a damaged file counts as none."""
        try:
            self.read()
        except DamagedFile:
            return False
        return True


def kept_transcripts(root: Path, identity: str) -> dict[str, str]:
    """Return what the first base, the system of this identity, transcribed in the cycles of a workspace.

    By the digest of the clip. A damaged file counts as none: its clips are decoded again.
    """
    kept: dict[str, str] = {}
    for path in kept_files(root, identity):
        with suppress(DamagedFile):
            lines: list[DecodedLine] = read_lines(path, DecodedLine, WAY_OUT)
            kept |= {line.audio_sha256: line.hyp for line in lines}
    return kept


def kept_files(root: Path, identity: str) -> list[Path]:
    """Return the files of a workspace that have what the first base transcribed, of all cycles."""
    return sorted(root.glob(f"cycle*/decoded/anchor-{identity[:16]}-*.jsonl"))


def keep_transcripts(decoding: Decoding) -> None:
    """Keep a decoding of the first base, made as that of the comparison model, for later cycles."""
    link_atomic(decoding.output, _kept_path(decoding.cycle, decoding.system, decoding.output.stem))


def _kept_path(cycle: Cycle, system: System, named: str) -> Path:
    return cycle.folder / "decoded" / f"anchor-{system.identity[:16]}-{named[:16]}.jsonl"


@lru_cache(maxsize=2)  # those of comparison model and candidate, which every stage compares
def _decoded_clips(path: Path, _stamp: Stamp) -> tuple[list[tuple[SetName, str]], list[str]]:
    """Return set and digest of each clip, and its hypothesis, read once while the file is unchanged."""
    lines: list[DecodedLine] = read_lines(path, DecodedLine, WAY_OUT)
    return [(line.set, line.audio_sha256) for line in lines], [line.hyp for line in lines]


def sides(run: Run) -> dict[str, Side]:
    """Return the side of the split of each row, by its audio_filepath in the manifest."""
    split = split_of(run)
    lists: dict[Side, tuple[str, ...]] = {
        "train": split.train,
        "validation": split.validation,
        "test": split.test,
    }
    return {path: side for side, paths in lists.items() for path in paths}


class OwnBaseline(Record):
    """own_baseline.json: the digest of a per_sample.json that was decoded here."""

    way_out: ClassVar[str] = (
        "remove it, and per_sample.json with it unless that came from another ASR system"
    )
    per_sample_sha256: str
    decoded: str


def own_baseline_path(cycle: Cycle) -> Path:
    return cycle.folder / "decoded" / "own_baseline.json"


def baseline_is_given(cycle: Cycle) -> bool:
    """Return whether per_sample.json came from outside: it is an input, of whichever system."""
    return cycle.per_sample.is_file() and _own_baseline(cycle) is None


def own_baseline_is_stale(cycle: Cycle) -> bool:
    """Return whether per_sample.json was decoded here from another model, or other rows, than now."""
    own = _own_baseline(cycle)
    return own is not None and own.decoded != Decoding(Run(cycle), cycle.comparison).output.name


def _own_baseline(cycle: Cycle) -> OwnBaseline | None:
    """Return the record of the per_sample.json that is there, None where it was not decoded here."""
    own = read_record(own_baseline_path(cycle), OwnBaseline)
    return own if own and own.per_sample_sha256 == cycle.baseline_sha256 else None


def write_own_baseline(cycle: Cycle) -> None:
    """Write per_sample.json from our own decoding.

    That it is ours is written first: a kill in between leaves no baseline, and none that could
    pass for somebody else's.
    """
    decoding = Decoding(Run(cycle), cycle.comparison)
    content = json_lines(sample_rows(cycle.rows, decoding.read())).encode()
    own = OwnBaseline(
        per_sample_sha256=hashlib.sha256(content).hexdigest(), decoded=decoding.output.name
    )
    write_record(own_baseline_path(cycle), own)
    write_atomic(cycle.per_sample, content)
