"""A job's time, written down while it runs, and the caps of its cycle that end it."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from tasks.domain.cost import JobTime, cap_reached
from tasks.domain.errors import CapReached
from tasks.domain.jobs import Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import Hardware
from tasks.logs import Sink, log, present_stage
from tasks.workspace.cycle import Cycle
from tasks.workspace.times import cycle_of_jobs, job_times, write_job_time

TICK_SECONDS = 5.0
FORESEEN_PERCENT = 5.0  # of the work, before its own estimate of what is left is believed


class Meter:
    """Writes a job's time down every few seconds, and kills the job at a cap of its cycle."""

    def __init__(
        self, cycle: Cycle, job: Job, hardware: Hardware, kill: Callable[[], None]
    ) -> None:
        self._cycle, self._kill = cycle, kill
        self._began, self._ends = time.monotonic(), -math.inf
        self._ended = threading.Event()
        self._time = JobTime(
            job=uuid.uuid4().hex,
            stage=present_stage() or job.script,
            inputs_sha256=cycle.inputs_sha256,
            accelerator=hardware.accelerator,
            devices=int(cast(int, job.overrides.get("trainer.devices", 1))),
            seconds=0,
        )
        self.reached = ""
        self._write(self._began)
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def seen(self, now: Progress) -> None:
        """Take from what the job reports when it expects to end."""
        if now.seconds_left is not None and now.percent >= FORESEEN_PERCENT:
            self._ends = time.monotonic() + now.seconds_left

    def end(self) -> None:
        self._ended.set()
        self._thread.join()
        self._write(time.monotonic())

    def _watch(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            now = time.monotonic()
            self._write(now)
            self.reached = self._cap(now) or self._cap(self._ends, foreseen=True)
            if self.reached:
                self._kill()
                return

    def _cap(self, until: float, *, foreseen: bool = False) -> str:
        others = [one for one in job_times(self._cycle) if one.job != self._time.job]
        return cap_reached([*others, self._at(until)], self._cycle.policy.cost, foreseen=foreseen)

    def _at(self, moment: float) -> JobTime:
        seconds = max(0.0, round(moment - self._began, 2)) if math.isfinite(moment) else 0.0
        return self._time.model_copy(update={"seconds": seconds})

    def _write(self, moment: float) -> None:
        try:
            write_job_time(self._cycle, self._at(moment))
        except OSError as error:  # a job is worth more than its time
            log().warning("the time of a job could not be written: %s", error)


def check_caps() -> None:
    """Raise CapReached where no further job may be started for the cycle at work."""
    if (cycle := cycle_of_jobs()) is not None:
        reached = cap_reached(job_times(cycle), cycle.policy.cost)
        if reached:
            raise CapReached(reached)


@contextmanager
def metered(job: Job, hardware: Hardware, kill: Callable[[], None], sink: Sink) -> Iterator[Sink]:
    """Meter a job of a cycle, and give the sink for its progress.

    Raises CapReached, over what its end raises, where a cap ended the job.
    """
    cycle = cycle_of_jobs()
    if cycle is None or job.script == "fetch":
        yield sink
        return
    meter = Meter(cycle, job, hardware, kill)

    def seen(now: Progress) -> None:
        meter.seen(now)
        sink(now)

    try:
        yield seen
    finally:
        meter.end()
        if meter.reached:
            raise CapReached(meter.reached) from None
