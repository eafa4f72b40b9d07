"""What a sweep finds: cycles that are due, decided, stopped, invalid or damaged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prefect import flow
from prefect.states import Completed

from tasks.domain.errors import CycleBusy, InvalidInput, JobFailed
from tasks.orchestration.sweep import (
    CycleStatus,
    check_workspaces,
    cycle_status,
    cycle_statuses,
    status_after,
    sweep_state,
)

pytestmark = pytest.mark.usefixtures("prefect_server")
Workspace = Callable[..., Path]
DUE = CycleStatus(Path("/w"), 1, True, "due")


def test_a_cycle_that_was_never_run_is_due(workspace: Workspace) -> None:
    root = workspace([{}])
    assert cycle_statuses(root) == [CycleStatus(root, 1, True, "due")]


def test_an_invalid_cycle_fails_with_its_first_fault_and_their_number(
    workspace: Workspace,
) -> None:
    status = cycle_status(workspace([{"term": "aspirin"}, {"voice_id": ""}]), 1)
    assert status.failed
    assert not status.due
    assert status.outcome.startswith("invalid input, 2 faults: manifest.jsonl:1: term: expected")


def test_a_cycle_whose_decision_is_damaged_fails_with_the_way_out(workspace: Workspace) -> None:
    root = workspace([{}])
    (root / "cycle2").mkdir()
    (root / "cycle2/decision.json").write_text('{"cycle": ')
    status = cycle_status(root, 1)
    assert status.failed
    assert status.outcome.endswith("decides again from what is stored")


def test_a_sweep_without_workspaces_is_refused_and_says_where_they_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"^prefect\.yaml: workspaces: expected your workspaces"):
        check_workspaces([])


def test_a_workspace_that_is_absent_fails_by_itself(tmp_path: Path) -> None:
    assert [one.failed for one in cycle_statuses(tmp_path / "no")] == [True]


def test_folders_that_are_no_cycles_are_passed_over(workspace: Workspace) -> None:
    root = workspace([{}])
    for name in ("cycle2", "cycle03x", "cycles"):
        (root / name).mkdir()
    (root / "cycle03x/manifest.jsonl").write_text("{}")
    assert [one.cycle for one in cycle_statuses(root)] == [1]


def test_a_cycle_that_another_process_runs_is_skipped_and_has_not_failed() -> None:
    @flow
    def fail(busy: bool) -> None:
        raise CycleBusy("cycle1 is being run") if busy else JobFailed("sft failed")

    @flow
    def sweep() -> list[CycleStatus]:
        return [status_after(DUE, fail(busy, return_state=True)) for busy in (True, False)]

    skipped = CycleStatus(Path("/w"), 1, False, "skipped: another process runs it")
    after_busy, after_failure = sweep()
    assert after_busy == skipped
    assert after_failure.failed
    kept = status_after(DUE, Completed(name="Kept", message="down 80 %", data={"verdict": "keep"}))
    assert (kept.failed, kept.outcome) == (False, "Kept: down 80 %")


@pytest.mark.parametrize(
    ("statuses", "name", "message"),
    [
        ([], "NothingDue", "0 cycles: 0 run, 0 not due, 0 failed"),
        ([DUE], "Swept", "1 cycles: 1 run, 0 not due, 0 failed"),
        (
            [DUE, CycleStatus(Path("/w"), 2, False, "invalid", failed=True)],
            "Incomplete",
            "2 cycles: 1 run, 1 not due, 1 failed",
        ),
    ],
)
def test_the_sweep_has_failed_when_any_cycle_has(
    statuses: list[CycleStatus], name: str, message: str
) -> None:
    state = sweep_state(statuses)
    assert (state.name, state.message) == (name, message)
    assert state.is_failed() is (name == "Incomplete")
