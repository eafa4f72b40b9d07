"""Make a function a stage of a cycle: a Prefect task that is timed, logged and never cached by
Prefect (what is done is known from the workspace)."""

from __future__ import annotations

import errno
import functools
import json
import logging
import time
from collections.abc import Callable
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.exceptions import MissingContextError
from prefect.logging import get_logger, get_run_logger
from prefect.tasks import Task

from tasks.domain.jobs import JobFailed
from tasks.workspace.paths import Cycle, read_jsonl

Record = dict[str, Any]
StageFunction = Callable[..., Record]
RETRY_SECONDS = 5


def log() -> logging.Logger | logging.LoggerAdapter[logging.Logger]:
    """The logger of the run, or Prefect's own outside of one."""
    try:
        return get_run_logger()
    except MissingContextError:
        return get_logger("flywheel")


def stage(
    name: str, *, runs_a_job: bool = False, noted: bool = True
) -> Callable[[StageFunction], Task[..., Record]]:
    """Wrap a stage; one that runs a NeMo job is retried once, the others would fail alike again.

    A `noted` one counts among the times of its cycle; part of a stage, in a child, does not.
    """

    def wrap(function: StageFunction) -> Task[..., Record]:
        @functools.wraps(function)
        def timed(cycle: Cycle, *arguments: Any) -> Record:
            began = time.monotonic()
            try:
                record = function(cycle, *arguments)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise JobFailed(f"{name}: the disk of {cycle.root} is full") from error
            seconds = time.monotonic() - began
            if noted:
                _note(cycle, name, seconds)
            facts = ", ".join(f"{key} {value}" for key, value in record.items())
            log().info("%s: %.1f s, %s", name, seconds, facts)
            return record

        return task(
            timed,
            name=name,
            task_run_name=f"{name}-cycle-{{cycle.number}}",
            cache_policy=NO_CACHE,
            retries=1 if runs_a_job else 0,
            retry_delay_seconds=RETRY_SECONDS,
            retry_condition_fn=_may_help,
        )

    return wrap


def _may_help(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A job that was killed may succeed again; a fault of its own would come back."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, JobFailed) and error.retryable


def _note(cycle: Cycle, name: str, seconds: float) -> None:
    cycle.folder.mkdir(parents=True, exist_ok=True)
    with (cycle.folder / "stages.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"stage": name, "seconds": round(seconds, 2)}) + "\n")


def stage_times(cycle: Cycle, since: int = 0) -> list[dict[str, Any]]:
    """The stages run so far, in order, from the given line on."""
    path = cycle.folder / "stages.jsonl"
    return read_jsonl(path)[since:] if path.exists() else []
