"""Make a function a stage of a cycle: a Prefect task that is timed, logged and retried.

Prefect never caches a stage: what is done is known from the workspace.
"""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import FlowRun, State, StateDetails, TaskRun
from prefect.context import FlowRunContext, TaskRunContext
from prefect.exceptions import MissingContextError
from prefect.logging import get_logger, get_run_logger
from prefect.states import Completed
from prefect.tasks import Task
from prefect.utilities.annotations import quote

from tasks.domain.errors import FlywheelError
from tasks.domain.progress import StageSummary, in_words
from tasks.logs import at_stage, flow_run_id, log
from tasks.orchestration.progress import progress_of
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.locks import disk_named
from tasks.workspace.times import StageTime, append_time, jobs_of

Parameters = ParamSpec("Parameters")
Summary = TypeVar("Summary", bound=StageSummary)
RETRY_SECONDS = 5
_ended: dict[UUID, UUID] = {}  # by flow run, the run of the stage that ended last in it


def stage(
    name: str, *, runs_a_job: bool = False, timed: bool = True
) -> Callable[[Callable[Parameters, Summary]], Callable[Parameters, Summary]]:
    """Wrap a stage, whose first argument is its cycle or run and whose result is a small summary: its
    `words` are logged.

    One that runs a NeMo job is retried once, the others would fail alike again. A `timed` one
    counts among the times of its cycle; part of a stage, in a child flow, does not.
    """

    def wrap(function: Callable[Parameters, Summary]) -> Callable[Parameters, Summary]:
        @functools.wraps(function)
        def run(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Summary:
            cycle = _cycle_of(arguments[0])
            began = time.monotonic()
            with (
                progress_of(cycle),
                at_stage(name),
                jobs_of(cycle),
                _flow_run_known(),
                disk_named(name, cycle.root),
            ):
                summary = function(*arguments, **keywords)
                seconds = time.monotonic() - began
                if timed:
                    line = StageTime(stage=name, seconds=round(seconds, 2), reused=summary.reuse)
                    append_time(cycle, line)
                log().info("%s: %s", name, in_words(summary.words, f"{seconds:.1f} s"))
            context, run = TaskRunContext.get(), _flow_run()
            if context and run:
                _ended[run.id] = context.task_run.id
            return summary

        as_task = task(
            name=name,
            cache_policy=NO_CACHE,
            retries=1 if runs_a_job else 0,
            retry_delay_seconds=RETRY_SECONDS,
            retry_condition_fn=_is_retryable,
        )(run)

        @functools.wraps(function)
        def call(*arguments: Parameters.args, **keywords: Parameters.kwargs) -> Summary:
            # quoted: Prefect would else walk through every row of the cycle, looking for futures
            quoted = [quote(argument) for argument in arguments]
            cycle = _cycle_of(arguments[0])
            run_name = f"{name}-{cycle.name}-cycle-{cycle.number}"
            named = as_task.with_options(
                task_run_name=lambda: run_name
            )  # a text would be a pattern
            return named(*quoted, wait_for=_edge(), **keywords)  # type: ignore[arg-type]

        return call

    return wrap


def _flow_run() -> FlowRun | None:
    context = FlowRunContext.get()
    return context.flow_run if context else None


def _edge() -> list[State[Any]]:
    """Name the stage before this one in its flow run, from which Prefect's graph draws an edge.

    By its state: of a summary Prefect would know each text again, in whatever stage returned it.
    """
    run = _flow_run()
    before = _ended.get(run.id) if run else None
    if before is None:
        return []
    return [Completed(state_details=StateDetails(task_run_id=before), data=True)]


def _cycle_of(subject: object) -> Cycle:
    cycle = subject.cycle if isinstance(subject, Run) else subject
    assert isinstance(cycle, Cycle), "the first argument of a stage is its cycle or run"
    return cycle


class _ToPrefect(logging.Handler):
    """Hand the records of our own logger to that of the Prefect run, or to Prefect's own."""

    def emit(self, record: logging.LogRecord) -> None:
        logger: logging.Logger | logging.LoggerAdapter[logging.Logger] = get_logger("flywheel")
        with suppress(MissingContextError):
            logger = get_run_logger()
        logger.log(record.levelno, "%s", record.getMessage())


def forward_logs() -> None:
    """Let what the flywheel logs appear in the log of the Prefect run."""
    logger = log()
    logger.handlers = [_ToPrefect()]
    logger.propagate = False
    logger.setLevel(logging.INFO)


forward_logs()


@contextmanager
def _flow_run_known() -> Iterator[None]:
    """While inside, jobs know the flow run that they belong to."""
    run = _flow_run()
    token = flow_run_id.set(str(run.id) if run else "")
    try:
        yield
    finally:
        flow_run_id.reset(token)


def _is_retryable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """A job that was killed may succeed again; a fault of its own would come back."""
    error = state.result(raise_on_failure=False)
    return isinstance(error, FlywheelError) and error.retryable
