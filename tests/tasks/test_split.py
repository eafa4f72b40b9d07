"""Stage split: the manifests that NeMo reads, and when they are made anew."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.split import split_rows
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Run
from tasks.workspace.records import SplitRecord, read_record

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]


def clips(path: Path) -> list[str]:
    return [json.loads(line)["audio_filepath"] for line in path.read_text().splitlines()]


def test_every_row_is_written_once_with_its_absolute_path(flywheel: Flywheel) -> None:
    cycle = open_cycle(flywheel(), 1)
    summary = split_rows(cycle)
    train, validation = clips(Run(cycle).train), clips(Run(cycle).validation)
    assert (summary.train_rows, summary.validation_rows) == (len(train), len(validation))
    assert len({*train, *validation}) == len(train) + len(validation) == 100
    assert all(Path(clip).is_absolute() and Path(clip).is_file() for clip in train)


def test_a_split_that_stands_is_reused_and_an_edited_one_is_made_anew(flywheel: Flywheel) -> None:
    cycle = open_cycle(flywheel(), 1)
    split_rows(cycle)
    train = Run(cycle).train
    content, written = train.read_bytes(), train.stat().st_mtime_ns
    split_rows(cycle)
    assert train.stat().st_mtime_ns == written
    train.write_bytes(content[: len(content) // 2])
    split_rows(cycle)
    assert train.read_bytes() == content


def test_replay_clips_train_and_too_few_of_them_are_a_warning(
    flywheel: Flywheel, tone: Callable[..., None]
) -> None:
    root = flywheel(policy="replay: {manifest: replay.jsonl, ratio: 20.0}\n")
    for number in range(3):
        tone(root / f"r{number}.wav")
    lines = [{"audio_filepath": f"r{n}.wav", "duration": 1.0, "text": "good day"} for n in range(3)]
    (root / "replay.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    cycle = open_cycle(root, 1)
    summary = split_rows(cycle)
    assert summary.replay_rows == 3
    assert len(clips(Run(cycle).train)) == summary.train_rows + 3
    record = read_record(Run(cycle).split, SplitRecord)
    assert record is not None
    assert any("its manifest has 3, all are used" in warning for warning in record.warnings)


def test_each_row_is_held_out_by_exactly_one_fold(flywheel: Flywheel) -> None:
    cycle = open_cycle(flywheel(policy="folds: 3\n"), 1)
    assert split_rows(cycle).folds == 3
    held_out: Counter[Any] = Counter(c for fold in cycle.folds for c in clips(fold.validation))
    assert set(held_out.values()) == {1}
    assert len(held_out) == 100
