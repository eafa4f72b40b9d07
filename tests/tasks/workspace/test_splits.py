"""A split whose rows were changed is refused in a sentence, wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import DamagedFile
from tasks.records.files import write_record
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import sides
from tasks.workspace.splits import read_split, sealed, split_faults, split_of
from tests.tasks.conftest import split_record

Change = Callable[[dict[str, Any]], object]


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
