"""What a process says of itself: its log, how failures look in it, and how far it is."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from tasks.domain.errors import FlywheelError
from tasks.domain.progress import Progress

flow_run_id: ContextVar[str] = ContextVar("flow_run_id", default="")  # of the run we work for
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
Sink = Callable[[Progress], None]
DONE = "done"
_sinks: list[Sink] = []
_stages: list[str] = []  # those at work, the innermost last; of the process, since signals ask


def log() -> logging.Logger:
    """Give the flywheel's own logger; under Prefect its records reach the log of the run."""
    return logging.getLogger("flywheel")


def report(progress: Progress) -> None:
    """Hand to every sink how far the present stage is."""
    named = replace(progress, stage=progress.stage or present_stage())
    for sink in _sinks:
        sink(named)


def present_stage() -> str:
    """Name the stage at work; empty between stages."""
    return _stages[-1] if _stages else ""


def is_shown() -> bool:
    """Tell whether anything receives what is reported."""
    return bool(_sinks)


@contextmanager
def reported_to(sink: Sink) -> Iterator[None]:
    """While inside, a sink receives what is reported."""
    _sinks.append(sink)
    try:
        yield
    finally:
        _sinks.remove(sink)


@contextmanager
def at_stage(name: str) -> Iterator[None]:
    """While inside, what is reported is of this stage; report its beginning and its end.

    A stage that is interrupted remains the present one: the last line of the process names it.
    """
    _stages.append(name)
    report(Progress())
    try:
        yield
    except Exception:
        _stages.pop()
        raise
    report(Progress(done=1, total=1, note=DONE))
    _stages.pop()


def leave_out_tracebacks() -> None:
    """Filter Prefect's loggers, however the flow was loaded; FLYWHEEL_TRACEBACK=1 shows all."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """Leave out the traceback of a failure that says all, and that the engine ended with it."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, FlywheelError) and not os.environ.get("FLYWHEEL_TRACEBACK"):
        record.exc_info = None
        return not record.getMessage().startswith("Engine execution exited")
    return True


def without_outcome(record: logging.LogRecord) -> bool:
    """Leave out how a run ended: a command says so itself; FLYWHEEL_TRACEBACK=1 shows all."""
    ends = record.getMessage().startswith(("Finished in state", "Encountered exception"))
    return not ends or bool(os.environ.get("FLYWHEEL_TRACEBACK"))
