"""A job's time is written while it runs, and a cap of its cycle ends it or keeps it from starting."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from tasks.domain.errors import CapReached
from tasks.domain.jobs import Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import CPU, Hardware
from tasks.jobs.metered import check_caps, metered
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle
from tasks.workspace.times import cycle_spent, job_times, jobs_of

Make = Callable[..., Cycle]


@pytest.fixture
def cycle(workspace: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Make:
    """Open a cycle with this policy; its jobs are looked at twenty times a second."""
    monkeypatch.setattr("tasks.jobs.metered.TICK_SECONDS", 0.05)
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
