"""The inputs of a fine-tune: the split of its rows, its replay clips, and the manifests NeMo reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.errors import DamagedFile, JobFailed
from tasks.domain.jobs import AudioRow
from tasks.domain.scoring import canonical, normalize
from tasks.records.files import Stamp, damaged, file_stamp, read_jsonl, text_sha256, write_atomic
from tasks.records.record import read_record
from tasks.records.spelled import SplitSpelling, spell_rows, spelling_record, spelling_sentences
from tasks.records.stages import SplitRecord, TrainingRecord
from tasks.workspace.archives import alphabet_of_model
from tasks.workspace.cycle import Cycle, Run

DIVIDED = {
    *("manifest_sha256", "fold", "train", "validation", "test", "groups", "trained_audio"),
    *("trained_sentences", "test_audio", "train_sha256", "validation_sha256"),
}
ARM_CLIPS = 400  # 368 without harm show a rise below one in a hundred
RECORDED_PACKAGES = ("nemo_toolkit", "torch", "lightning", "prefect", "jiwer")


def sides_sha256(record: SplitRecord) -> str:
    """Return the digest of the side of every row, and of what the sides were written from.

    A record that has one was written with it, and was compared with it when it was read.
    """
    return record.sides_sha256 or _digest(record)


def _digest(record: SplitRecord) -> str:
    return text_sha256(json.dumps(record.model_dump(mode="json", include=DIVIDED), sort_keys=True))


def sealed(record: SplitRecord) -> SplitRecord:
    """Return the record with the digest of its sides."""
    return record.model_copy(update={"sides_sha256": _digest(record)})


def read_split(path: Path) -> SplitRecord | None:
    """Read a split, None where there is none; raise DamagedFile for one whose sides were changed."""
    try:
        return _split_at(path, file_stamp(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise damaged(path, error, SplitRecord.way_out) from None


@lru_cache(maxsize=8)
def _split_at(path: Path, _stamp: Stamp) -> SplitRecord | None:
    """Read a split, once while the file is unchanged: every stage asks for it."""
    record = read_record(path, SplitRecord)
    if record and record.sides_sha256 not in (None, _digest(record)):
        raise damaged(path, "its rows are not those that it was written with", record.way_out)
    return record


def split_of(run: Run) -> SplitRecord:
    """Read the split of a run; raise DamagedFile unless it has each row of the manifest once."""
    record = read_split(run.split)
    if record is None:
        raise DamagedFile(f"{run.split} is not there: run the cycle again from split")
    divided = sorted([*record.train, *record.validation, *record.test])
    rows = sorted(row.audio_filepath for row in run.cycle.rows)
    if divided != rows:
        found = f"it divides {len(divided)} rows, which are not the {len(rows)} of the manifest"
        raise damaged(run.split, found, record.way_out)
    return record


def split_faults(folder: Path) -> Iterator[str]:
    """Return the splits of a fine-tune and its folds that are not those that were trained on."""
    for path in sorted(folder.glob("**/split.json")):
        try:
            split = read_split(path)
            training = read_record(path.with_name("training_run_info.json"), TrainingRecord)
        except DamagedFile as error:
            yield str(error)
            continue
        trained_on = training.digests.split if training else None
        if split and trained_on not in (None, sides_sha256(split)):
            yield f"{path}: the candidate beside it was trained on another split: put that back"


@dataclass(frozen=True)
class TrainedManifests:
    """The manifests that NeMo trains and validates on; `rows` are the lines of `train`, replay included."""

    train: Path
    validation: Path
    train_rows: int
    replay_rows: int
    validation_rows: int
    spelling: SplitSpelling
    split_sha256: str

    @property
    def rows(self) -> int:
        return self.train_rows + self.replay_rows

    @property
    def sentences(self) -> dict[str, str]:
        """Name how the text of each set of rows is spelled otherwise than it was given."""
        return spelling_sentences(self.spelling)


def trained_manifests(run: Run, split: SplitRecord, base: Path) -> TrainedManifests:
    """Return the manifests of a split, with text in the alphabet of the base's file.

    The split of a base that was on this host has them. That of a pretrained name has text as it was
    given: it is written in the alphabet now, into the work folder of the run.

    Raises JobFailed where the base can write no row.
    """
    as_split = TrainedManifests(
        run.train,
        run.validation,
        split.train_rows,
        split.replay_rows,
        split.validation_rows,
        split.spelling,
        sides_sha256(split),
    )
    if run.cycle.base.path is not None:
        return as_split
    alphabet = alphabet_of_model(base)
    lines = [_audio_row(line) for line in read_jsonl(run.train)]
    trained = spell_rows(lines[: split.train_rows], alphabet)
    replayed = spell_rows(lines[split.train_rows :], alphabet)
    validated = spell_rows([_audio_row(line) for line in read_jsonl(run.validation)], alphabet)
    for name, spelled in (("train", trained), ("validation", validated)):
        if not spelled.rows:
            raise JobFailed(f"{base} can write no row of {name}.jsonl: choose another base")
    train, validation = run.work / run.train.name, run.work / run.validation.name
    write_atomic(train, trained.manifest + replayed.manifest)
    write_atomic(validation, validated.manifest)
    return TrainedManifests(
        train,
        validation,
        len(trained.rows),
        len(replayed.rows),
        min(len(validated.rows), split.validation_rows),
        spelling_record(alphabet.words, trained, replayed, validated),
        sides_sha256(split),
    )


def _audio_row(line: dict[str, Any]) -> AudioRow:
    return AudioRow(**line)


def drawn_replay(cycle: Cycle, trained: int) -> list[int]:
    """Draw the positions of the replay clips to mix with so many clinical rows, by seed."""
    if cycle.replay is None:
        return []
    count = len(cycle.replay.rows)
    rng = np.random.default_rng(cycle.policy.split.seed)
    drawn = rng.choice(count, size=min(wanted_replay(cycle, trained), count), replace=False)
    return [int(position) for position in drawn]


def wanted_replay(cycle: Cycle, trained: int) -> int:
    """The number of clips that the policy asks for; its manifest may have fewer."""
    return round(cycle.policy.replay.ratio * trained) if cycle.policy.replay else 0


def untrained_replay(run: Run) -> list[int]:
    """The positions of replay clips that this fine-tune is not trained on, `ARM_CLIPS` at most."""
    if run.cycle.replay is None:
        return []
    drawn = set(drawn_replay(run.cycle, split_of(run).train_rows))
    rng = np.random.default_rng(run.cycle.policy.split.seed)
    shuffled = rng.permutation(len(run.cycle.replay.rows))
    return [int(position) for position in shuffled if position not in drawn][:ARM_CLIPS]


def installed_versions() -> dict[str, str]:
    """Return the versions of what trains and scores; NeMo's are those of this host's installation."""
    found = {"normalizer": normalize.VERSION, "canonical": canonical.VERSION}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed here"
    return found
