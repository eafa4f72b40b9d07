"""How failures look in the log: an error that says all in its sentence comes without a traceback."""

from __future__ import annotations

import logging
import os
from contextvars import ContextVar

from tasks.domain.errors import FlywheelError

flow_run_id: ContextVar[str] = ContextVar("flow_run_id", default="")  # of the run we work for
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")


def log() -> logging.Logger:
    """Give the flywheel's own logger; under Prefect its records reach the log of the run."""
    return logging.getLogger("flywheel")


def leave_out_tracebacks() -> None:
    """Filter Prefect's loggers, however the flow was loaded; FLYWHEEL_TRACEBACK=1 shows all."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, FlywheelError) and not os.environ.get("FLYWHEEL_TRACEBACK"):
        record.exc_info = None
    return True
