"""flywheel-sweep: every workspace has its turn, whatever became of the one before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.sweep import flywheel_sweep
from tasks.workspace.ledger import read_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_workspace_that_fails_does_not_keep_the_next_from_its_cycle(
    flywheel: Callable[..., Path], tmp_path: Path
) -> None:
    root = flywheel()
    state = flywheel_sweep([tmp_path / "absent", root], return_state=True)
    assert state.is_failed()
    assert [line.outcome for line in read_ledger(root)] == ["keep"]


def test_a_second_sweep_finds_nothing_due(flywheel: Callable[..., Path], tmp_path: Path) -> None:
    root = flywheel()
    assert flywheel_sweep([root], return_state=True).is_completed()
    decoded = (tmp_path / "decodings").read_text()
    assert flywheel_sweep([root], return_state=True).is_completed()
    assert (tmp_path / "decodings").read_text() == decoded
    assert len(read_ledger(root)) == 1
