"""The times of jobs are those of the cycle's present inputs, and of files that can be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tasks.domain.cost import JobTime, Spent
from tasks.domain.errors import CapReached
from tasks.domain.jobs import Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import CPU, Hardware
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle
from tasks.workspace.times import (
    StageTime,
    append_time,
    check_caps,
    cycle_of_jobs,
    cycle_spent,
    folder_of,
    job_times,
    jobs_of,
    metered,
    stage_count,
    stage_times,
    write_job_time,
)

Make = Callable[..., Cycle]


def test_only_readable_times_of_the_present_inputs_are_summed(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}], policy="cost: {price_per_hour: 3600}\n"), 1)
    assert cycle_spent(cycle) is None
    first = JobTime(
        job="a", stage="sft", inputs_sha256=cycle.inputs_sha256, accelerator="cpu", seconds=2
    )
    write_job_time(cycle, first)
    write_job_time(cycle, first.model_copy(update={"seconds": 3.0}))
    write_job_time(cycle, first.model_copy(update={"job": "b", "inputs_sha256": "earlier"}))
    (folder_of(cycle) / "c.json").write_bytes(b"\xff")
    assert [one.seconds for one in job_times(cycle)] == [3]
    assert cycle_spent(cycle) == Spent(0, 3, 0.00083, 3.0)


def test_jobs_are_of_a_cycle_inside_its_stages_alone(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    with jobs_of(cycle):
        assert cycle_of_jobs() is cycle
    assert cycle_of_jobs() is None


def test_a_damaged_line_of_the_stage_times_is_left_out_and_blocks_nothing(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    cycle.stages.write_bytes(b'{"stage": "gate", "seconds": 0.1}\n{"sta\xff\n')
    assert stage_count(cycle) == 2
    assert [line.stage for line in stage_times(cycle)] == ["gate"]
    assert stage_times(cycle, since=1) == []


def test_a_log_that_is_no_regular_file_is_left_alone(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    cycle.stages.mkdir()
    append_time(cycle, StageTime(stage="gate", seconds=0.1))
    assert stage_times(cycle) == []


@pytest.fixture
def cycle(workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Open a cycle with this policy; its jobs are looked at twenty times a second."""
    monkeypatch.setattr("tasks.workspace.times.TICK_SECONDS", 0.05)
    return lambda policy="": open_cycle(workspace([{}], policy=policy), 1)


def job(tmp_path: Path, devices: int = 1) -> Job:
    return Job("finetune", {"trainer.devices": devices}, tmp_path)


def wait(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 120
    while not condition() and time.monotonic() < until:
        time.sleep(0.02)


def test_the_time_of_a_job_is_known_before_it_ends(cycle: Make, tmp_path: Path) -> None:
    """So a kill -9 loses a few seconds of it, and no more."""
    opened, gpu = cycle(), Hardware("gpu", "L40S", 48.0, bf16=True)
    with jobs_of(opened), metered(job(tmp_path, 2), gpu, lambda: None, print):
        wait(lambda: job_times(opened))
        during = job_times(opened)
    assert len(during) == 1
    (after,) = job_times(opened)
    assert (after.accelerator, after.devices) == ("gpu", 2)
    assert after.seconds >= during[0].seconds
    total = cycle_spent(opened)
    assert total is not None
    assert total.gpu_seconds == pytest.approx(2 * after.seconds, abs=0.1)


def test_every_attempt_counts(cycle: Make, tmp_path: Path) -> None:
    opened = cycle()
    for _ in range(2):
        with jobs_of(opened), metered(job(tmp_path), CPU, lambda: None, print):
            pass
    assert len(job_times(opened)) == 2


def test_a_silent_job_ends_when_it_reaches_the_cap_and_no_other_is_started(
    cycle: Make, tmp_path: Path
) -> None:
    opened, killed = cycle("cost: {max_hours: 0.00005}\n"), []
    with (
        pytest.raises(CapReached, match=r"have taken .* hours, and cost\.max_hours is 5e-05"),
        jobs_of(opened),
        metered(job(tmp_path), CPU, lambda: killed.append(1), print),
    ):
        wait(lambda: killed)
    assert killed == [1]
    with pytest.raises(CapReached), jobs_of(opened):
        check_caps()


@pytest.mark.parametrize(
    ("done", "outcome"),
    [(10, pytest.raises(CapReached, match=r"would cost 3, and cost\.max_cost is 2")),
     (4, nullcontext())],
)  # fmt: skip
def test_a_job_that_would_reach_the_cap_ends_once_its_estimate_can_be_believed(
    cycle: Make, tmp_path: Path, done: int, outcome: AbstractContextManager[object]
) -> None:
    opened = cycle("cost: {price_per_hour: 1, max_cost: 2}\n")
    killed, passed_on = [], []
    with (
        outcome,
        jobs_of(opened),
        metered(job(tmp_path), CPU, lambda: killed.append(1), passed_on.append) as sink,
    ):
        sink(Progress("", done, 100, "steps", 3 * 3600, "epoch 1 of 3"))
        ticks = set[float]()  # the job's time is written at each
        wait(lambda: ticks.update(o.seconds for o in job_times(opened)) or killed or len(ticks) > 3)
    assert bool(killed) is (done == 10)
    assert len(passed_on) == 1


def test_a_job_outside_of_a_cycle_is_not_metered(tmp_path: Path) -> None:
    check_caps()
    with metered(job(tmp_path), CPU, lambda: None, print) as sink:
        assert sink is print
