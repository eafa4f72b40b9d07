"""The child flow that a GPU pool runs for one fine-tune."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from flows.sft import sft
from tasks.domain.errors import DamagedFile
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Run

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_child_trains_what_the_parent_split_and_the_parent_finds_it(
    flywheel: Callable[..., Path], tmp_path: Path
) -> None:
    root = flywheel()
    with pytest.raises(DamagedFile, match="run flywheel-cycle with stop_after split"):
        sft(root)
    flywheel_cycle(root, stop_after="split")
    state = sft(root, return_state=True)
    assert state.name == "Trained"
    assert state.result() == {"run": Run(open_cycle(root, 1)).name, "rows": 80}
    trained = Run(open_cycle(root, 1)).candidate.stat().st_mtime_ns
    assert flywheel_cycle(root, return_state=True).name == "Kept"
    assert Run(open_cycle(root, 1)).candidate.stat().st_mtime_ns == trained


def test_a_fold_is_trained_in_a_folder_of_its_own(flywheel: Callable[..., Path]) -> None:
    root = flywheel(policy="folds: 2\n")
    flywheel_cycle(root, stop_after="split")
    sft(root, fold=2)
    cycle = open_cycle(root, 1)
    assert [run.candidate.exists() for run in cycle.runs] == [False, True, False]
