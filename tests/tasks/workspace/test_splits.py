"""A split whose rows were changed is refused in a sentence, wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import DamagedFile, JobFailed
from tasks.domain.scoring import normalize
from tasks.records.files import read_jsonl, write_record
from tasks.records.record import read_record
from tasks.records.stages import SplitRecord
from tasks.workspace import splits
from tasks.workspace.cycle import Cycle, Model, Run
from tasks.workspace.decoded import sides
from tasks.workspace.open import open_cycle
from tasks.workspace.splits import (
    drawn_replay,
    read_split,
    sealed,
    split_faults,
    split_of,
    trained_manifests,
    untrained_replay,
)
from tests.conftest import LETTERS_BASE
from tests.tasks.conftest import split_record

Change = Callable[[dict[str, Any]], object]
Maker = Callable[..., Path]
POLICY = "replay: {manifest: replay.jsonl, ratio: 1.0}\n"
ROWS = [{"text": f"start metoprolol {number}"} for number in range(5)]


@pytest.fixture
def run(trained: Callable[..., Cycle]) -> Run:
    """The run of six rows, two of them held out, with a split that has its digest."""
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(6)], 2, "")
    write_record(Run(cycle).split, sealed(split_record(cycle, 2)))
    return Run(cycle)


def change(path: Path, edit: Change) -> None:
    fields = json.loads(path.read_text())
    edit(fields)
    path.write_text(json.dumps(fields))


@pytest.mark.parametrize(
    "edit",
    [
        lambda fields: fields["test"].append(fields["train"].pop()),
        lambda fields: fields["test"].pop(),
        lambda fields: fields["test_audio"].pop(),
        lambda fields: fields.update(train_sha256="0" * 64),
    ],
    ids=["a row changes its side", "a row is gone", "a clip is gone", "another training manifest"],
)
def test_a_split_that_was_edited_is_damaged_for_whoever_reads_it(run: Run, edit: Change) -> None:
    assert split_of(run) == read_split(run.split)
    change(run.split, edit)
    for read in (lambda: read_split(run.split), lambda: sides(run)):
        with pytest.raises(DamagedFile, match="its rows are not those that it was written with"):
            read()
    assert len(list(split_faults(run.folder))) == 1


def test_a_split_that_is_unchanged_is_read_once_however_many_stages_ask_for_it(run: Run) -> None:
    first = read_split(run.split)
    assert read_split(run.split) is first
    other = sealed(split_record(run.cycle, 2))
    write_record(run.split, other)
    assert read_split(run.split) == other
    run.split.unlink()
    assert read_split(run.split) is None


def test_a_split_that_cannot_be_looked_at_is_damaged_as_one_that_cannot_be_read(run: Run) -> None:
    run.split.unlink()
    run.split.symlink_to(run.split)
    with pytest.raises(DamagedFile, match="symbolic links"):
        read_split(run.split)


def test_a_short_split_from_before_it_had_a_digest_is_named_too(run: Run) -> None:
    change(run.split, lambda fields: (fields.pop("sides_sha256"), fields["test"].pop()))
    with pytest.raises(DamagedFile, match="it divides 5 rows, which are not the 6 of the manifest"):
        sides(run)


def test_a_split_that_replaced_the_one_of_a_fine_tune_is_named(run: Run) -> None:
    digest = json.loads(run.split.read_text())["sides_sha256"]
    change(run.training_info, lambda fields: fields["digests"].update(split=digest))
    assert faults(run) == []
    write_record(run.split, sealed(split_record(run.cycle, 3)))
    assert faults(run) == [
        f"{run.split}: the candidate beside it was trained on another split: put that back"
    ]


def faults(run: Run) -> Iterable[str]:
    return list(split_faults(run.folder))


@pytest.fixture
def split(split_run: Run) -> SplitRecord:
    record = read_record(split_run.split, SplitRecord)
    assert record is not None
    return record


def fetched_later(run: Run) -> Run:
    """The same run, of a base that is known by its name alone."""
    base = Model(run.cycle.base.architecture, None, None)
    return Run(replace(run.cycle, base=base))


def test_a_base_that_was_on_this_host_is_trained_on_the_manifests_of_the_split(
    split_run: Run, split: SplitRecord, tmp_path: Path
) -> None:
    found = trained_manifests(split_run, split, tmp_path / "any.nemo")
    assert (found.train, found.validation) == (split_run.train, split_run.validation)
    assert found.rows == split.train_rows + split.replay_rows


def test_a_base_that_was_fetched_is_trained_on_its_own_alphabet_and_the_split_stays(
    split_run: Run, split: SplitRecord, fake_model: Maker, tmp_path: Path
) -> None:
    run, before = fetched_later(split_run), split_run.train.read_bytes()
    run.train.parent.mkdir(parents=True, exist_ok=True)
    run.train.write_bytes(before)
    run.validation.write_bytes(split_run.validation.read_bytes())
    found = trained_manifests(run, split, fake_model(tmp_path / "f.nemo", 0.8, LETTERS_BASE))
    assert found.train.parent == run.work
    texts = [row["text"] for row in read_jsonl(found.train)]
    assert len(texts) == found.rows == split.train_rows
    assert all(text.replace(" ", "").isalpha() for text in texts), texts
    assert found.spelling.train.rewritten == split.train_rows
    assert found.spelling.validation.rewritten == split.validation_rows
    assert found.spelling.alphabet.startswith("26 characters")
    assert run.train.read_bytes() == before


def test_a_fetched_base_that_can_write_no_row_is_refused_before_it_is_trained(
    split_run: Run, split: SplitRecord, fake_model: Maker, tmp_path: Path
) -> None:
    run = fetched_later(split_run)
    run.train.parent.mkdir(parents=True, exist_ok=True)
    run.train.write_bytes(split_run.train.read_bytes())
    run.validation.write_bytes(split_run.validation.read_bytes())
    base = fake_model(tmp_path / "f.nemo", 0.8, "decoder: {vocabulary: [q]}\n")
    with pytest.raises(JobFailed, match=r"can write no row of train.jsonl: choose another base"):
        trained_manifests(run, split, base)


@pytest.fixture
def cycle(trained: Callable[..., Cycle], tone: Callable[..., None], tmp_path: Path) -> Cycle:
    """Four rows to train on, and ten clips to replay."""
    root = tmp_path / "w"
    clips = []
    for number in range(10):
        tone(root / f"replay/{number}.wav", seconds=0.5)
        clips.append({"audio_filepath": f"replay/{number}.wav", "text": f"clip {number}"})
    (root / "replay.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    return trained(ROWS, policy=POLICY)


def test_what_is_left_is_what_was_not_drawn(cycle: Cycle) -> None:
    drawn, left = drawn_replay(cycle, 4), untrained_replay(Run(cycle))
    assert len(drawn) == 4
    assert sorted([*drawn, *left]) == list(range(10))
    assert drawn == drawn_replay(cycle, 4)


def test_a_set_that_is_used_up_leaves_nothing(cycle: Cycle) -> None:
    assert sorted(drawn_replay(cycle, 100)) == list(range(10))


def test_without_replay_there_is_nothing(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    assert drawn_replay(cycle, 4) == []
    assert untrained_replay(Run(cycle)) == []


def test_rows_that_are_not_split_leave_it_unknown(cycle: Cycle) -> None:
    Run(cycle).split.unlink()
    with pytest.raises(DamagedFile, match="run the cycle again from split"):
        untrained_replay(Run(cycle))


def test_the_normalizer_and_each_package_are_named_with_their_versions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(splits, "RECORDED_PACKAGES", ("jiwer", "no-such-package"))
    found = splits.installed_versions()
    assert found["normalizer"] == normalize.VERSION
    assert found["jiwer"].split(".")[0].isdigit()
    assert found["no-such-package"] == "not installed here"
