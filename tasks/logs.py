"""How failures look in the log: an error that says all in its sentence comes without a traceback."""

from __future__ import annotations

import logging
import os

ONE_SENTENCE = ("JobFailed", "InvalidInput", "CycleBusy")
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "prefect.engine")


def leave_out_tracebacks() -> None:
    """Filter Prefect's loggers, however the flow was loaded; FLYWHEEL_TRACEBACK=1 shows all."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if type(error).__name__ in ONE_SENTENCE and not os.environ.get("FLYWHEEL_TRACEBACK"):
        record.exc_info = None
    return True
