"""What every stage does alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from tasks.arms import ArmsSummary, DescribeSummary
from tasks.boost import BoostSummary
from tasks.decide import DecideSummary
from tasks.domain.errors import DiskFull, JobFailed
from tasks.domain.progress import StageSummary
from tasks.gate import GateSummary
from tasks.logs import flow_run_id, log
from tasks.orchestration.stage import stage
from tasks.sft import SftSummary
from tasks.split import SplitSummary
from tasks.transcribe import BaselineSummary, TranscribeSummary
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.open import open_cycle
from tasks.workspace.times import stage_times

pytestmark = pytest.mark.usefixtures("prefect_server")


@dataclass(frozen=True)
class Counted(StageSummary):
    """What the stages of these tests give."""

    rows: int

    @property
    def words(self) -> str:
        return f"{self.rows} rows"


@pytest.fixture
def cycle(workspace: Callable[..., Path]) -> Cycle:
    return open_cycle(workspace([{}]), 1)


def test_an_edge_leads_from_each_stage_to_the_next_of_its_run(
    cycle: Cycle, wait_for: Callable[..., Any]
) -> None:
    @stage("gate")
    def first(cycle: Cycle) -> Counted:
        return Counted(len(cycle.rows))

    @stage("split")
    def second(cycle: Cycle) -> Counted:
        return Counted(len(cycle.rows))

    @flow
    def turn() -> UUID:
        for one in (first, second, first):
            one(cycle)
        context = FlowRunContext.get()
        assert context is not None
        assert context.flow_run is not None
        return context.flow_run.id

    def edges(run: UUID) -> list[int]:
        """How many lead to each stage; the server learns of the stages some time after they ran."""
        with get_client(sync_client=True) as client:
            graph = client.request("GET", f"/flow_runs/{run}/graph-v2").json()
        nodes = [node for _, node in graph["nodes"]]
        return (
            [len({one["id"] for one in node["parents"]}) for node in nodes]
            if len(nodes) == 3
            else []
        )

    for run in (turn(), turn()):
        assert wait_for(partial(edges, run)) == [0, 1, 1]


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
    assert any(one.getMessage().startswith("split: 1 rows, ") for one in caplog.records)


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


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (GateSummary(False, "evaluate", None), "no baseline yet: the base has to be decoded first"),
        (GateSummary(True, "finetune", 0.85), "passed, priority KER 0.850"),
        (
            GateSummary(False, "build", 0.2),
            "stopped: grow the benchmark, then run the cycle again, priority KER 0.200",
        ),
        (SplitSummary(253, 29, 98, 0, 0), "253 rows train, 29 validate, 98 test"),
        (
            SplitSummary(7, 1, 2, 3, 5, reused=True),
            "7 rows train, 1 validate, 2 test, 3 clips are replayed, 5 folds, finished before",
        ),
        (BoostSummary("beam boosted 1", is_candidate=False), "beam boosted 1"),
        (BoostSummary(None, is_candidate=False), "no boosting was chosen"),
        (SftSummary("run-1", 253, trained=0, reused=1), "run-1, 253 rows, 1 finished before"),
        (BaselineSummary(380, reused=False), "380 rows"),
        (TranscribeSummary(380, decoded=2, reused=0), "380 rows, 2 decodings run"),
        (ArmsSummary("fine-tune", 6, reused=False), "fine-tune is judged, 6 systems compared"),
        (DescribeSummary(0), "none to describe"),
        (DecideSummary("keep", 0.939), "keep the new model, priority KER down 93.9%"),
        (DecideSummary("reject", -0.1), "reject the new model, priority KER up 10.0%"),
        (DecideSummary("grow", None), "grow the benchmark first"),
    ],
)
def test_what_a_stage_did_is_reported_in_words_without_what_is_nothing(
    summary: StageSummary, words: str
) -> None:
    assert summary.words == words
