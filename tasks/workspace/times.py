"""The times of a cycle: the seconds of its stages, and of its jobs by hardware.

The time of a job is a small file for each attempt, rewritten while it runs. So an attempt that was
killed counts as far as it was seen, and workers on several hosts count together. The times are those
of the cycle's present inputs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from pydantic import BaseModel, ValidationError

from tasks.domain.cost import JobTime, Spent, spent
from tasks.records.files import write_record
from tasks.workspace.cycle import Cycle

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


def write_job_time(cycle: Cycle, time: JobTime) -> None:
    write_record(folder_of(cycle) / f"{time.job}.json", time)


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
