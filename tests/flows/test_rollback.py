"""rollback-champion as a flow and as a command."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from flows.rollback import RollbackFlags, rollback_champion, run
from tasks.domain.errors import InvalidInput
from tasks.workspace.ledger import read_champion, read_ledger, roll_back
from tasks.workspace.locks import LEDGER, locked

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_champion_can_be_taken_back_and_made_to_stand_again(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    flywheel_cycle(root)
    kept = read_champion(root)
    assert kept is not None
    state = rollback_champion(root, 0, return_state=True)
    assert state.name == "RolledBack"
    assert read_champion(root) is None
    assert "rollback" in run(RollbackFlags(workspace=root, to=1))
    again = read_champion(root)
    assert again is not None
    assert (again.cycle, again.sha256) == (kept.cycle, kept.sha256)
    assert [line.outcome for line in read_ledger(root)] == ["keep", "rollback", "rollback"]


def test_a_cycle_that_was_not_kept_is_refused_and_nothing_changes(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(rows=40)
    flywheel_cycle(root)
    ledger = (root / "ledger.jsonl").read_bytes()
    with pytest.raises(InvalidInput, match="1"):
        run(RollbackFlags(workspace=root, to=1))
    assert (root / "ledger.jsonl").read_bytes() == ledger


def test_the_champion_changes_only_under_the_lock_of_the_ledger(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    flywheel_cycle(root)
    with ThreadPoolExecutor() as threads:
        with locked(root, LEDGER):
            rolled_back = threads.submit(roll_back, root, 0)
            with pytest.raises(TimeoutError):
                rolled_back.result(timeout=1.0)
            assert read_champion(root) is not None
        assert rolled_back.result(timeout=60).outcome == "rollback"
    assert read_champion(root) is None
