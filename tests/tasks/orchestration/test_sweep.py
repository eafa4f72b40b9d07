"""The outcome of a sweep: what became of each cycle, and whether the sweep failed."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from prefect import flow
from prefect.states import Completed

from tasks.domain.errors import CycleBusy, Fault, InvalidInput, JobFailed
from tasks.logs import log
from tasks.orchestration.sweep import check_workspaces, guarded, status_after, sweep_state
from tasks.workspace.status import CycleStatus

pytestmark = pytest.mark.usefixtures("prefect_server")
DUE = CycleStatus(Path("/w"), 1, True, "due")


def test_a_sweep_without_workspaces_is_refused_and_reports_where_they_are_named() -> None:
    with pytest.raises(InvalidInput, match=r"^prefect\.yaml: workspaces: expected your workspaces"):
        check_workspaces([])


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
        ([], "Completed", "0 cycles: 0 run, 0 not due, 0 failed"),
        ([DUE], "Completed", "1 cycles: 1 run, 0 not due, 0 failed"),
        (
            [DUE, CycleStatus(Path("/w"), 2, False, "invalid", failed=True)],
            "Failed",
            "2 cycles: 1 run, 1 not due, 1 failed",
        ),
    ],
)
def test_the_sweep_has_failed_when_any_cycle_has(
    statuses: list[CycleStatus], name: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The log has the outcome of each cycle, as the artifact has."""
    log().addHandler(caplog.handler)
    with caplog.at_level(logging.INFO, log().name):
        state = sweep_state(statuses)
    log().removeHandler(caplog.handler)
    outcomes = {f"sweep: cycle {one.cycle} of /w: {one.outcome}" for one in statuses}
    assert {text for text in caplog.messages if text.startswith("sweep: ")} == outcomes
    assert (state.name, state.message) == (name, message)
    assert state.is_failed() is (name == "Failed")


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (InvalidInput([Fault("expected YAML", "flywheel.yaml")]), "flywheel.yaml: expected YAML"),
        (PermissionError("no"), "PermissionError: no"),
    ],
)
def test_an_error_is_the_status_of_what_it_befell(error: Exception, outcome: str) -> None:
    def work() -> list[CycleStatus]:
        raise error

    assert guarded(Path("/w"), 2, work) == [CycleStatus(Path("/w"), 2, False, outcome, failed=True)]
