"""The workspace: every path of a cycle, digests, atomic writes.

A file appears whole or not at all, and the file that marks a stage as done is written last.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tasks.domain.bases import Architecture
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy


@dataclass(frozen=True)
class Model:
    """A model: its base description, its file (None until a pretrained name is fetched), digest."""

    architecture: Architecture
    path: Path | None
    sha256: str | None

    @property
    def identity(self) -> str:
        """The digest of its file, or its pretrained name."""
        return self.sha256 or self.architecture.name

    def record(self) -> dict[str, str | None]:
        return {"name": self.architecture.name, "path": str(self.path or ""), "sha256": self.sha256}


@dataclass(frozen=True)
class Cycle:
    """One cycle, its inputs checked and digested. A digest is None where the input is absent.

    With `fold` (from 1) it is the part of the cycle that trains and decodes one fold.
    """

    root: Path
    number: int
    policy: Policy
    base: Model
    comparison: Model
    manifest_sha256: str | None
    audio_sha256: str | None
    general_sha256: str | None
    replay_sha256: str | None
    fold: int | None = None

    @property
    def folder(self) -> Path:
        return self.root / f"cycle{self.number}"

    @property
    def next_folder(self) -> Path:
        return self.root / f"cycle{self.number + 1}"

    @property
    def manifest(self) -> Path:
        return self.folder / "manifest.jsonl"

    @property
    def general(self) -> Path:
        return self.root / "general.jsonl"

    @property
    def replay(self) -> Path | None:
        replay = self.policy.replay
        return None if replay is None else self.root / replay.manifest

    @property
    def per_sample(self) -> Path:
        return self.folder / "per_sample.json"

    @property
    def baseline_sha256(self) -> str | None:
        """The digest of per_sample.json as it is now; None where there is none."""
        return file_sha256(self.per_sample) if self.per_sample.exists() else None

    @property
    def own_baseline(self) -> Path:
        return self.folder / "decoded" / "own_baseline.json"

    @property
    def decision(self) -> Path:
        return self.next_folder / "decision.json"

    @property
    def inputs_sha256(self) -> str:
        """The identity of everything a human gave to this cycle."""
        return digest(
            self.manifest_sha256,
            self.audio_sha256,
            self.general_sha256,
            self.replay_sha256,
            self.base.identity,
            self.policy.sha256,
        )

    @property
    def run_folder(self) -> Path:
        """Where the fine-tune of these rows, base and recipe lives, named by their digest."""
        identity = digest(
            self.manifest_sha256,
            self.audio_sha256,
            self.replay_sha256,
            self.base.identity,
            self.policy.sft.model_dump_json(),
            self.policy.split.model_dump_json(),
            self.policy.replay.model_dump_json() if self.policy.replay else None,
        )
        folder = self.folder / "models" / f"{self.policy.sft.preset}-{identity[:12]}"
        return folder if self.fold is None else folder / f"fold{self.fold}-of-{self.policy.folds}"

    @property
    def run(self) -> str:
        """The name of the fine-tune, for locks and records."""
        return "-".join(self.run_folder.relative_to(self.folder / "models").parts)

    @property
    def candidate(self) -> Path:
        return self.run_folder / "adapted_model.nemo"

    @property
    def training_info(self) -> Path:
        """The record of the fine-tune; written last, it says that the candidate is whole."""
        return self.run_folder / "training_run_info.json"

    def decoded(self, model: Model) -> Path:
        """What a model heard on benchmark and guard rows, named by the digest of both."""
        heard = digest(model.identity, self.manifest_sha256, self.audio_sha256, self.general_sha256)
        folder = self.folder if self.fold is None else self.run_folder
        return folder / "decoded" / f"{heard[:16]}.jsonl"


def in_fold(cycle: Cycle, fold: int | None) -> Cycle:
    """The same cycle, as one fold of it."""
    return replace(cycle, fold=fold)


def folds_of(cycle: Cycle) -> list[Cycle]:
    """One a fold; none where the policy asks for none."""
    return [in_fold(cycle, number + 1) for number in range(cycle.policy.folds or 0)]


def own_baseline_is_stale(cycle: Cycle) -> bool:
    """Whether per_sample.json was decoded here from another model, or other rows, than now asked."""
    own = read_json(cycle.own_baseline)
    if own is None or own["per_sample_sha256"] != file_sha256(cycle.per_sample):
        return False  # it came from outside: it is an input
    return bool(own["decoded"] != cycle.decoded(cycle.comparison).name)


def write_own_baseline(cycle: Cycle, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write per_sample.json from our own decoding, and remember that it is ours."""
    write_jsonl(cycle.per_sample, rows)
    write_json(
        cycle.own_baseline,
        {
            "per_sample_sha256": file_sha256(cycle.per_sample),
            "decoded": cycle.decoded(cycle.comparison).name,
        },
    )


def sides(cycle: Cycle) -> dict[str, str]:
    """The side of the split of each row, by its audio_filepath in the manifest."""
    split = read_json(cycle.run_folder / "split.json") or {}
    return {path: side for side in ("train", "validation") for path in split[side]}


def sample_rows(rows: Sequence[ClinicalRow], hypotheses: Sequence[str]) -> list[dict[str, Any]]:
    """Rows with what was heard, under the names of per_sample.json."""
    return [
        {
            "audio_filepath": row.audio_filepath,
            "ref": row.text,
            "hyp": hypothesis,
            "term": row.term,
            "entity_category": row.entity_category,
            "ipa_source": row.ipa_source,
            "voice_id": row.voice_id,
            "noise_level": row.noise_level,
            "context_type": row.context_type,
        }
        for row, hypothesis in zip(rows, hypotheses, strict=True)
    ]


def digest(*parts: str | None) -> str:
    """SHA-256 over parts, None apart from the empty string."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write beside, flush to disk, then replace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{socket.gethostname()}.{os.getpid()}.partial")
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    write_atomic(path, json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_atomic(path, "".join(lines))


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows under the keys of the first; an undefined value is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, text.getvalue())


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a record; None when the file is absent."""
    if not path.exists():
        return None
    record = json.loads(path.read_text(encoding="utf-8"))
    return dict(record)


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def decided(cycle: Cycle) -> dict[str, Any] | None:
    """The decision of this cycle for just these inputs, if it was taken."""
    record = read_json(cycle.decision)
    return record if record and record.get("inputs_sha256") == cycle.inputs_sha256 else None
