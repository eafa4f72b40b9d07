"""Failures in the log, in a flow loaded as a worker loads it; progress and its sinks."""

import logging
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from tasks import logs
from tasks.domain.progress import Progress
from tasks.logs import (
    at_stage,
    is_shown,
    present_stage,
    report,
    reported_to,
    without_outcome,
)

ROOT = Path(__file__).parents[2]
LOADED_BY_A_WORKER = """
import logging
from prefect.flows import load_flow_from_entrypoint
load_flow_from_entrypoint("flows/{flow}.py:{function}")
from tasks.domain.errors import Fault, InvalidInput
names = {{"flow_run_name": "f", "task_run_name": "t"}}
for logger in ("prefect.flow_runs", "prefect.task_runs", "prefect.engine"):
    for error in (InvalidInput([Fault("a sentence")]), ValueError("a defect")):
        try:
            raise error
        except (ValueError, InvalidInput) as error:
            logging.getLogger(logger).error("it failed: %s", error, exc_info=True, extra=names)
"""


@pytest.mark.parametrize(("flow", "function"), [("sft", "sft"), ("rollback", "rollback_champion")])
def test_only_a_defect_is_logged_with_its_traceback(flow: str, function: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED_BY_A_WORKER.format(flow=flow, function=function)],
        cwd=ROOT,
        env=os.environ | {"PREFECT_LOGGING_TO_API_ENABLED": "false"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.count("it failed: a sentence") == 3
    assert done.stderr.count("Traceback") == done.stderr.count("ValueError: a defect") == 3


def test_what_is_reported_is_of_the_stage_at_work_and_reaches_every_sink() -> None:
    first: list[str] = []
    second: list[str] = []
    with (
        reported_to(lambda now: first.append(now.text)),
        reported_to(lambda now: second.append(now.text)),
        at_stage("sft"),
    ):
        assert present_stage() == "sft"
        report(Progress(done=1, total=2, unit="steps"))
    assert first == second == ["sft", "sft: 1 of 2 steps", "sft: done"]
    assert not is_shown()
    assert present_stage() == ""


def test_an_estimate_is_left_out_in_the_first_tenth_of_the_work() -> None:
    """The first step of a training takes many times as long as a later one."""
    reported: list[str] = []
    with reported_to(lambda now: reported.append(now.text)), at_stage("sft"):
        report(Progress(done=1, total=144, unit="steps", seconds_left=2043))
        report(Progress(done=15, total=144, unit="steps", seconds_left=22))
    assert reported[1:-1] == ["sft: 1 of 144 steps", "sft: 15 of 144 steps, 0:22 left"]


def test_an_earlier_run_of_a_stage_does_not_count_for_the_estimate_of_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As folds do, which fine-tune several models in one process."""
    begun = time.monotonic()
    reported: list[str] = []
    with reported_to(lambda now: reported.append(now.text)):
        for now in (begun, begun + 60):
            monkeypatch.setattr(time, "monotonic", partial(float, now))
            with at_stage("sft"):
                report(Progress(done=1, total=144, unit="steps", seconds_left=2043))
    assert reported == ["sft", "sft: 1 of 144 steps", "sft: done"] * 2


def test_work_that_goes_on_for_some_seconds_has_an_estimate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "ESTIMATE_SECONDS", 0.0)
    reported: list[str] = []
    with reported_to(lambda now: reported.append(now.text)), at_stage("sft"):
        report(Progress(done=1, total=9_000, unit="steps", seconds_left=36_000))
    assert reported[1] == "sft: 1 of 9000 steps, 10:00:00 left"


def test_cycles_at_work_in_threads_do_not_report_for_each_other() -> None:
    first: list[str] = []
    second: list[str] = []

    def work(stage: str, reported: list[str]) -> None:
        with reported_to(lambda now: reported.append(now.text)), at_stage(stage):
            both.wait()
            report(Progress(note="at work"))
            both.wait()

    both = threading.Barrier(2)
    with ThreadPoolExecutor(2) as threads:
        work_done = [threads.submit(work, *one) for one in (("sft", first), ("boost", second))]
    assert [one.result() for one in work_done] == [None, None]
    assert first == ["sft", "sft: at work", "sft: done"]
    assert second == ["boost", "boost: at work", "boost: done"]
    assert present_stage() == ""


def test_a_stage_that_fails_is_not_reported_as_done() -> None:
    reported: list[str] = []
    with (
        pytest.raises(ValueError, match="it failed"),
        reported_to(lambda now: reported.append(now.text)),
        at_stage("sft"),
    ):
        raise ValueError("it failed")
    assert reported == ["sft"]


def test_a_command_leaves_out_how_its_run_ended_unless_all_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def passes(message: str) -> bool:
        return without_outcome(logging.LogRecord("prefect", logging.INFO, "", 0, message, (), None))

    assert passes("sft: 1.0 s, rows 3")
    assert not passes("Finished in state Kept('Test priority KER …')")
    assert not passes("Encountered exception during execution: JobFailed: the disk is full")
    monkeypatch.setenv("FLYWHEEL_TRACEBACK", "1")
    assert passes("Encountered exception during execution: JobFailed: the disk is full")
