"""Shards as a child flow: it decodes their rows with their models, and leaves the rest alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.transcribe import transcribe
from tasks import sft, split
from tasks.domain.errors import DamagedFile, JobFailed
from tasks.jobs.decodings import ShardSpec
from tasks.records.files import read_jsonl
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import Decoding, sides
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tasks.workspace.times import stage_count

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
SMALL = "decoding: {batch_size: 1}\n"  # a batch is not divided
NO_OTHERS = {"boosted": 0, "anchor": 0}  # clips of other systems, which a child does not count


def cycle_of(root: Path) -> Cycle:
    return open_cycle(root, 1)


def trained(root: Path) -> Cycle:
    cycle = cycle_of(root)
    inspect.unwrap(split.split_rows)(cycle)
    inspect.unwrap(sft.fine_tune)(cycle)
    return cycle


def half(number: int) -> list[ShardSpec]:
    return [ShardSpec(side="comparison", shard=number, shards=2)]


def test_the_shards_of_a_model_hold_every_row_once_and_are_not_joined_here(
    flywheel: Flywheel,
) -> None:
    cycle = cycle_of(flywheel(rows=10, policy=SMALL))
    states = [transcribe(cycle.root, 1, half(n), return_state=True) for n in range(2)]
    sentence = "5 rows, 1 decodings run"
    assert [(state.name, state.message) for state in states] == [("Completed", sentence)] * 2
    decoding = Decoding(Run(cycle), cycle.comparison)
    rows = [line["row"] for n in range(2) for line in read_jsonl(decoding.shard(n, 2))]
    assert sorted(rows) == list(range(10))
    assert not decoding.output.exists()
    assert not cycle.next_folder.exists()
    assert stage_count(cycle) == 0, "a child flow is part of a stage, which its parent times"


def test_a_shard_that_is_unchanged_is_reused(flywheel: Flywheel, tmp_path: Path) -> None:
    root = flywheel(rows=10, policy=SMALL)
    reused = [transcribe(root, 1, half(0), return_state=True) for _ in range(2)]
    assert [state.result() for state in reused] == [
        {"rows": 5, "decoded": 1, "reused": 0} | NO_OTHERS,
        {"rows": 5, "decoded": 0, "reused": 1} | NO_OTHERS,
    ]
    assert len((tmp_path / "decodings").read_text().splitlines()) == 1


def test_a_list_that_fails_in_the_middle_keeps_what_it_has_decoded(
    flywheel: Flywheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second decoding of two is killed at its time limit; the next child runs that one alone."""
    cycle = trained(flywheel(rows=10))
    both = [ShardSpec(side="comparison"), ShardSpec()]
    monkeypatch.setenv("FAKE_HANG", "2")
    monkeypatch.setenv("FLYWHEEL_JOB_TIMEOUT", "5")
    with pytest.raises(JobFailed, match="was stopped after 5 s"):
        transcribe(cycle.root, 1, both)
    monkeypatch.delenv("FAKE_HANG")
    again = transcribe(cycle.root, 1, both, return_state=True)
    assert again.result() == {"rows": 20, "decoded": 1, "reused": 1} | NO_OTHERS
    assert len((tmp_path / "decodings").read_text().splitlines()) == 3


def test_the_candidate_is_decoded_only_once_it_is_trained(flywheel: Flywheel) -> None:
    root = flywheel(rows=10)
    with pytest.raises(DamagedFile, match="is not the model that training left: remove it and run"):
        transcribe(root, 1)
    assert not (root / "cycle1/decoded").exists()


def test_a_fold_decodes_what_it_held_out_with_its_own_model(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    cycle = trained(flywheel(rows=10, policy="folds: 2\n"))
    fold = cycle.folds[1]
    state = transcribe(cycle.root, 1, [ShardSpec(fold=2)], return_state=True)
    held_out = sum(side == "test" for side in sides(fold).values())
    assert state.result() == {"rows": held_out, "decoded": 1, "reused": 0} | NO_OTHERS
    assert (tmp_path / "decodings").read_text() == f"{fold.candidate}\n"
    assert len(read_jsonl(Decoding(fold, candidate_system(fold)).shard(0, 1))) == held_out
