"""What the jobs of a cycle took: a small file for each attempt, rewritten while it runs.

So an attempt that was killed counts as far as it was seen, and workers on several hosts count
together. The times are those of the cycle's present inputs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from pydantic import ValidationError

from tasks.domain.cost import JobTime, Spent, spent
from tasks.records.files import write_record
from tasks.workspace.cycle import Cycle

_cycle: ContextVar[Cycle | None] = ContextVar("cycle_of_jobs", default=None)


def cycle_of_jobs() -> Cycle | None:
    """Give the cycle that jobs are run for now; None outside of a stage."""
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
    """Give the attempts at jobs for the present inputs; a file that cannot be read is left out."""
    times = []
    for path in sorted(folder_of(cycle).glob("*.json")):
        with suppress(OSError, ValidationError):
            times.append(JobTime.model_validate_json(path.read_bytes()))
    return [one for one in times if one.inputs_sha256 == cycle.inputs_sha256]


def cycle_spent(cycle: Cycle) -> Spent | None:
    """Sum what the jobs of a cycle took; None where none is known."""
    times = job_times(cycle)
    return spent(times, cycle.policy.cost.price_per_hour) if times else None
