"""The log of a cycle's stages: which ended, and the seconds each took."""

from __future__ import annotations

import json
from contextlib import suppress

from pydantic import BaseModel, ValidationError

from tasks.workspace.cycle import Cycle


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
    """Give the stages run so far, in order, from the given line on.

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
