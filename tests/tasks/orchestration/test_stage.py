"""What every stage does alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest
from prefect import flow

from tasks.domain.errors import DiskFull, JobFailed
from tasks.logs import flow_run_id, log
from tasks.orchestration.stage import stage
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, Run
from tasks.workspace.stage_times import stage_times

pytestmark = pytest.mark.usefixtures("prefect_server")


@dataclass(frozen=True)
class Counted:
    """What the stages of these tests give."""

    rows: int


@pytest.fixture
def cycle(workspace: Callable[..., Path]) -> Cycle:
    return open_cycle(workspace([{}]), 1)


def test_a_full_disk_is_one_sentence(cycle: Cycle) -> None:
    @stage("split")
    def fill(_: Cycle) -> Counted:
        return Counted(Path("/dev/full").write_text("rows", encoding="utf-8"))

    with pytest.raises(DiskFull, match=f"^split: the disk of {cycle.root} is full$"):
        fill(cycle)


def test_a_stage_is_timed_and_a_part_of_one_in_a_child_flow_is_not(cycle: Cycle) -> None:
    @stage("sft")
    def whole(_: Cycle) -> Counted:
        return Counted(3)

    @stage("sft", timed=False)
    def part(_: Run) -> Counted:
        return Counted(1)

    assert (whole(cycle), part(Run(cycle))) == (Counted(3), Counted(1))
    assert [line.stage for line in stage_times(cycle)] == ["sft"]


def test_a_workspace_may_have_any_name(workspace: Callable[..., Path]) -> None:
    root = workspace([{}]).rename(workspace([{}]).parent / "a {b} %s")

    @stage("sft")
    def whole(_: Cycle) -> Counted:
        return Counted(3)

    assert whole(open_cycle(root, 1)) == Counted(3)


@pytest.mark.parametrize(("retryable", "attempts"), [(True, 2), (False, 1)])
def test_a_killed_job_is_run_once_more_and_a_fault_of_its_own_is_not(
    cycle: Cycle, retryable: bool, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.orchestration.stage.RETRY_SECONDS", 0)
    runs = []

    @stage("sft", runs_a_job=True)
    def fail(_: Cycle) -> Counted:
        runs.append(1)
        raise JobFailed("it ended badly", retryable=retryable)

    with pytest.raises(JobFailed, match="it ended badly"):
        fail(cycle)
    assert len(runs) == attempts


def test_what_a_stage_logs_reaches_the_log_of_its_run(
    cycle: Cycle, caplog: pytest.LogCaptureFixture
) -> None:
    @stage("split")
    def speak(_: Cycle) -> Counted:
        log().warning("split: %s", "one row trains and is not validated")
        return Counted(1)

    @flow
    def turn() -> None:
        speak(cycle)

    with caplog.at_level(logging.INFO):
        turn()
    found = {
        (one.name, one.levelname)
        for one in caplog.records
        if "is not validated" in one.getMessage()
    }
    assert ("prefect.task_runs", "WARNING") in found
    assert any("split: " in one.getMessage() and "rows 1" in one.getMessage()
               for one in caplog.records)  # fmt: skip


def test_a_job_knows_the_flow_run_it_belongs_to(cycle: Cycle) -> None:
    known = []

    @stage("sft")
    def note(_: Cycle) -> Counted:
        known.append(flow_run_id.get())
        return Counted(1)

    @flow
    def turn() -> None:
        note(cycle)

    turn()
    assert UUID(known[0])
    assert flow_run_id.get() == ""
