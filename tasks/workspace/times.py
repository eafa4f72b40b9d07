"""The times of a cycle: the seconds of its stages, and of its jobs by hardware.

The time of a job is a small file for each attempt, rewritten while it runs, and a cap of the cycle ends
the job. So an attempt that was killed counts as far as it was seen, and workers on several hosts count
together. The times are those of the cycle's present inputs.
"""

from __future__ import annotations

import json
import math
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import cast

from pydantic import BaseModel, ValidationError

from tasks.domain.cost import JobTime, Spent, cap_reached, spent
from tasks.domain.errors import CapReached
from tasks.domain.jobs import Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import Hardware
from tasks.logs import Sink, log, present_stage
from tasks.records.files import write_record
from tasks.workspace.cycle import Cycle

TICK_SECONDS = 5.0
FORESEEN_PERCENT = 5.0  # of the work, before its own estimate of what is left is believed
_cycle: ContextVar[Cycle | None] = ContextVar("cycle_of_jobs", default=None)


def cycle_of_jobs() -> Cycle | None:
    """Return the cycle that jobs are run for now; None outside of a stage."""
    return _cycle.get()


@contextmanager
def jobs_of(cycle: Cycle) -> Iterator[None]:
    """While inside, what a job takes is counted for this cycle."""
    token = _cycle.set(cycle)
    try:
        yield
    finally:
        _cycle.reset(token)


def folder_of(cycle: Cycle) -> Path:
    return cycle.folder / "compute"


def write_job_time(cycle: Cycle, taken: JobTime) -> None:
    write_record(folder_of(cycle) / f"{taken.job}.json", taken)


def job_times(cycle: Cycle) -> list[JobTime]:
    """Return the attempts at jobs for the present inputs; a file that cannot be read is left out."""
    times = []
    for path in sorted(folder_of(cycle).glob("*.json")):
        with suppress(OSError, ValidationError):
            times.append(JobTime.model_validate_json(path.read_bytes()))
    return [one for one in times if one.inputs_sha256 == cycle.inputs_sha256]


def cycle_spent(cycle: Cycle) -> Spent | None:
    """Sum what the jobs of a cycle took; None where none is known."""
    times = job_times(cycle)
    return spent(times, cycle.policy.cost.price_per_hour) if times else None


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
            beside=job.beside,
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
    """Meter a job of a cycle, and return the sink for its progress.

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


class StageTime(BaseModel):
    """A line of stages.jsonl: a stage that ended, the seconds it took, and what it found done."""

    stage: str
    seconds: float
    reused: str = ""


def append_time(cycle: Cycle, line: StageTime) -> None:
    """Add a line to the log of a cycle."""
    cycle.folder.mkdir(parents=True, exist_ok=True)
    if cycle.stages.exists() and not cycle.stages.is_file():
        return  # a FIFO would be waited for, and nothing depends on this log
    with cycle.stages.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line.model_dump()) + "\n")


def stage_times(cycle: Cycle, since: int = 0) -> list[StageTime]:
    """Return the stages run so far, in order, from the given line on.

    It is a log and nothing depends on it: a line that cannot be read is left out.
    """
    times = []
    for line in _lines(cycle)[since:]:
        with suppress(ValidationError):
            times.append(StageTime.model_validate_json(line))
    return times


def stage_count(cycle: Cycle) -> int:
    """Count the lines of stages.jsonl, readable or not."""
    return len(_lines(cycle))


def _lines(cycle: Cycle) -> list[bytes]:
    return cycle.stages.read_bytes().splitlines() if cycle.stages.is_file() else []
