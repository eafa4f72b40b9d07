"""Read split.json, and refuse one whose rows are not those that it was written with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tasks.domain.errors import DamagedFile
from tasks.records.files import damaged, text_sha256
from tasks.records.record import read_record
from tasks.records.stages import SplitRecord, TrainingRecord
from tasks.workspace.cycle import Run

DIVIDED = {
    *("manifest_sha256", "fold", "train", "validation", "test", "groups", "trained_audio"),
    *("trained_sentences", "test_audio", "train_sha256", "validation_sha256"),
}


def sides_sha256(record: SplitRecord) -> str:
    """Return the digest of the side of every row, and of what the sides were written from."""
    return text_sha256(json.dumps(record.model_dump(mode="json", include=DIVIDED), sort_keys=True))


def sealed(record: SplitRecord) -> SplitRecord:
    """Return the record with the digest of its sides."""
    return record.model_copy(update={"sides_sha256": sides_sha256(record)})


def read_split(path: Path) -> SplitRecord | None:
    """Read a split, None where there is none; raise DamagedFile for one whose sides were changed."""
    record = read_record(path, SplitRecord)
    if record and record.sides_sha256 not in (None, sides_sha256(record)):
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
    """Say which splits of a fine-tune and its folds are not those that were trained on."""
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
