"""The log of a process, how failures look in it, and its progress."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from tasks.domain.errors import FlywheelError
from tasks.domain.progress import Progress, Spans, on_the_bar

flow_run_id: ContextVar[str] = ContextVar("flow_run_id", default="")  # of the run we work for
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")
Sink = Callable[[Progress], None]
DONE = "done"
ESTIMATE_PERCENT, ESTIMATE_SECONDS = 10.0, 5.0  # before either, an estimate is left out


class RunProgress:
    """The progress of a run of several stages."""

    def __init__(self, spans: Spans) -> None:
        self._spans, self._percent = spans, 0.0

    def place(self, now: Progress) -> Progress:
        placed = on_the_bar(now, self._spans, self._percent)
        self._percent = placed.percent
        return placed


# Of the present context, as several cycles may be at work in threads of one process.
_sinks: ContextVar[tuple[Sink, ...]] = ContextVar("sinks", default=())
_stage: ContextVar[str] = ContextVar("stage", default="")
_bar: ContextVar[RunProgress | None] = ContextVar("bar", default=None)
_NOTHING = ("", "", 0.0)
_counting: ContextVar[tuple[str, str, float]] = ContextVar("counting", default=_NOTHING)
_stages: list[str] = []  # those at work, the last begun last; of the process, since signals ask


def log() -> logging.Logger:
    """Return the flywheel's own logger; under Prefect its records reach the log of the run."""
    return logging.getLogger("flywheel")


def report(progress: Progress) -> None:
    """Hand to every sink how far the present stage is, and its run where that has a bar.

    An estimate is left out in the first tenth of the work, unless that goes on for some seconds.
    """
    now = replace(progress, stage=progress.stage or present_stage())
    if now.seconds_left is not None and not _is_reliable(now):
        now = replace(now, seconds_left=None)
    if bar := _bar.get():
        now = bar.place(now)
    for sink in _sinks.get():
        sink(now)


def report_count(done: int, total: int, unit: str) -> None:
    """Report so many of the units of the present stage as done."""
    report(Progress(done=done, total=total, unit=unit))


def _is_reliable(now: Progress) -> bool:
    """Return whether enough was done, or seen, since this work is counted, for an estimate of its end."""
    stage, unit, since = _counting.get()
    if (stage, unit) != (now.stage, now.unit):
        since = time.monotonic()
        _counting.set((now.stage, now.unit, since))
    return now.of_stage >= ESTIMATE_PERCENT or time.monotonic() - since >= ESTIMATE_SECONDS


@contextmanager
def on_one_bar(spans: Spans) -> Iterator[None]:
    """While inside, what stages report is placed on one bar of their run."""
    token = _bar.set(RunProgress(spans))
    try:
        yield
    finally:
        _bar.reset(token)


def present_stage() -> str:
    """Name the stage at work, here or else in any thread; empty between stages."""
    return _stage.get() or (_stages[-1] if _stages else "")


def is_shown() -> bool:
    """Return whether anything receives what is reported."""
    return bool(_sinks.get())


def is_reported_to(sink: Sink) -> bool:
    """Return whether this sink receives it."""
    return sink in _sinks.get()


@contextmanager
def reported_to(sink: Sink) -> Iterator[None]:
    """While inside, a sink receives what is reported."""
    token = _sinks.set((*_sinks.get(), sink))
    try:
        yield
    finally:
        _sinks.reset(token)


@contextmanager
def reported_to_nobody() -> Iterator[None]:
    """While inside, none of the present sinks receives what is reported."""
    token = _sinks.set(())
    try:
        yield
    finally:
        _sinks.reset(token)


@contextmanager
def reported_only_to(sink: Sink) -> Iterator[None]:
    """While inside, a sink alone receives what is reported, and it is on no bar."""
    bar = _bar.set(None)
    try:
        with reported_to_nobody(), reported_to(sink):
            yield
    finally:
        _bar.reset(bar)


@contextmanager
def at_stage(name: str) -> Iterator[None]:
    """While inside, what is reported is of this stage; report its beginning and its end.

    A stage that is interrupted remains the present one: the last line of the process names it.
    """
    _stages.append(name)
    token = _stage.set(name)
    counting = _counting.set(_NOTHING)  # its estimates are of its own work, not of an earlier run
    try:
        report(Progress())
        yield
        report(Progress(done=1, total=1, note=DONE))
    except Exception:
        _stages.remove(name)
        raise
    finally:
        _counting.reset(counting)
        _stage.reset(token)
    _stages.remove(name)


def leave_out_tracebacks() -> None:
    """Filter Prefect's loggers, however the flow was loaded; FLYWHEEL_TRACEBACK=1 shows all."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """Leave out the traceback of a failure whose message is complete, and the engine's line about it."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, FlywheelError) and not os.environ.get("FLYWHEEL_TRACEBACK"):
        record.exc_info = None
        return not record.getMessage().startswith("Engine execution exited")
    return True


def without_outcome(record: logging.LogRecord) -> bool:
    """Leave out how a run ended: a command prints that itself; FLYWHEEL_TRACEBACK=1 shows all."""
    ends = record.getMessage().startswith(("Finished in state", "Encountered exception"))
    return not ends or bool(os.environ.get("FLYWHEEL_TRACEBACK"))
