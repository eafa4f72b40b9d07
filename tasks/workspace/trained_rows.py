"""The manifests that a fine-tune reads: those of the split, or those written once its base is here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.domain.errors import JobFailed
from tasks.domain.jobs import AudioRow
from tasks.records.files import read_jsonl, write_atomic
from tasks.records.spelled import SplitSpelling, spell_rows, spelling_record
from tasks.records.stages import SplitRecord
from tasks.workspace.cycle import Run
from tasks.workspace.splits import sides_sha256
from tasks.workspace.tokenizers import alphabet_of_model


@dataclass(frozen=True)
class TrainedManifests:
    """What NeMo trains and validates on; `rows` are the lines of `train`, replayed ones included."""

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
