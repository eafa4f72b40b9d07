"""A Prefect server that goes away while a command works: the work goes on, its verdict is not lost.

The stages need no server. What an outage of more than a few seconds costs is what Prefect's UI shows
of the run.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tasks.domain.errors import ServerLost
from tasks.logs import log

RETRIES = 2  # of each call, in all some 10 s, where Prefect's own five take a minute
BUSY = (429, 502, 503, 504)  # answers of a server that may take the same request later
LOGGERS = ("prefect.events.clients", "prefect._internal.concurrency")
server_lost = threading.Event()  # while the present command ran


@contextmanager
def short_patience() -> Iterator[None]:
    """While inside, wait some seconds for a server that is away, and leave out how often it was asked.

    PREFECT_CLIENT_MAX_RETRIES, where it is set, counts instead; FLYWHEEL_TRACEBACK=1 shows all.
    """
    from prefect.settings import (
        PREFECT_CLIENT_MAX_RETRIES,
        get_current_settings,
        temporary_settings,
    )

    own = "max_retries" in get_current_settings().client.model_fields_set
    retries = {} if own else {PREFECT_CLIENT_MAX_RETRIES: RETRIES}
    raises, quiet = logging.raiseExceptions, not os.environ.get("FLYWHEEL_TRACEBACK")
    loggers = [logging.getLogger(name) for name in LOGGERS if quiet]
    logging.raiseExceptions = not quiet  # Prefect asks it whether to report that a log was not sent
    for logger in loggers:
        logger.disabled = True
    try:
        with temporary_settings(retries):
            yield
    finally:
        logging.raiseExceptions = raises
        for logger in loggers:
            logger.disabled = False


@contextmanager
def outage_survived(is_done: Callable[[], bool]) -> Iterator[None]:
    """While inside, a server that goes away is a warning where the work is done all the same.

    Raises ServerLost where it is not.
    """
    try:
        yield
    except Exception as error:
        if not is_outage(error):
            raise
        server_lost.set()
        away = f"the Prefect server went away ({type(error).__name__})"
        if not is_done():
            sentence = f"{away}: start it, and run the same command again; finished work is reused"
            raise ServerLost(sentence) from error
        log().warning("%s: the cycle is decided, but its run is not shown as finished there", away)


def is_outage(error: Exception) -> bool:
    """Return whether a server was away or too busy, rather than that it refused what it was asked."""
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code in BUSY
    return isinstance(error, httpx.TransportError)
