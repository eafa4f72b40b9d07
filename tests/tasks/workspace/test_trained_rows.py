"""A base that was not on this host when the rows were split is trained on text that it can write."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import JobFailed
from tasks.records.files import read_jsonl
from tasks.records.record import read_record
from tasks.records.stages import SplitRecord
from tasks.workspace.cycle import Model, Run
from tasks.workspace.trained_rows import trained_manifests
from tests.conftest import LETTERS_BASE

Maker = Callable[..., Path]


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
