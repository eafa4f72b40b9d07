"""The fine-tune as a child flow: of the candidate or of one fold, and only of rows that are split."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.sft import sft
from tasks import split
from tasks.domain.errors import DamagedFile
from tasks.jobs.decodings import after_training, run_decodings
from tasks.records.files import read_json
from tasks.workspace.cycle import Cycle
from tasks.workspace.decoded import Decoding
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tasks.workspace.times import stage_count

pytestmark = pytest.mark.usefixtures("prefect_server")
split_rows = inspect.unwrap(split.split_rows)
Flywheel = Callable[..., Path]


def opened(root: Path) -> Cycle:
    cycle = open_cycle(root, 1)
    split_rows(cycle)
    return cycle


def test_rows_that_are_not_split_are_refused_with_the_way_out(flywheel: Flywheel) -> None:
    root = flywheel(rows=10)
    with pytest.raises(DamagedFile, match="not split yet: run flywheel-cycle with stop_after"):
        sft(root, 1)
    assert not (root / "cycle1/models").exists()


def test_the_candidate_is_trained_once_and_is_no_stage_of_the_cycle(flywheel: Flywheel) -> None:
    cycle = opened(flywheel(rows=10))
    (run,) = cycle.runs
    state = sft(cycle.root, 1, return_state=True)
    assert (state.name, state.message) == ("Completed", run.name)
    assert state.result() == {"run": run.name, "rows": 4}
    before = run.candidate.stat()
    assert sft(cycle.root, 1, return_state=True).result() == state.result()
    assert run.candidate.stat() == before
    assert stage_count(cycle) == 0, "a child flow is part of a stage, which its parent times"


def test_a_child_goes_on_with_what_is_decoded_next(flywheel: Flywheel, tmp_path: Path) -> None:
    """It takes the list before the model is there."""
    cycle = opened(flywheel(rows=10))
    (run,) = cycle.runs
    sft(cycle.root, 1, decodings=after_training(run))
    decodings = [Decoding(run, system) for system in (cycle.comparison, candidate_system(run))]
    assert all(decoding.shard(0, 1).exists() for decoding in decodings)
    assert run_decodings(decodings, 1, None) == 2, "they are joined"
    assert len((tmp_path / "decodings").read_text().splitlines()) == 2


def test_a_fold_trains_its_own_rows_and_no_other(flywheel: Flywheel) -> None:
    cycle = opened(flywheel(rows=10, policy="folds: 2\n"))
    state = sft(cycle.root, 1, fold=2, return_state=True)
    assert state.message == cycle.folds[1].name
    assert [run.candidate.exists() for run in cycle.runs] == [False, True, False]
    info, written = read_json(cycle.folds[1].training_info), read_json(cycle.folds[1].split)
    assert info is not None
    assert written is not None
    assert info["rows"]["train"] == written["train_rows"]
    assert f"{cycle.folds[1].train}" in " ".join(info["overrides"])


def test_a_policy_that_is_given_replaces_that_of_the_workspace(flywheel: Flywheel) -> None:
    """The parent hands its policy on; a child that read flywheel.yaml would train another run."""
    cycle = opened(flywheel(rows=10))
    (cycle.root / "flywheel.yaml").write_text("base: base.nemo\nsft: {epochs: 7}\n")
    assert sft(cycle.root, 1, policy=cycle.policy, return_state=True).message == cycle.runs[0].name
    info = read_json(cycle.runs[0].training_info)
    assert info is not None
    assert info["hyperparameters"]["epochs"] == 3
