"""How far a stage is, in the log and as an artifact of its Prefect flow run.

Both are best effort: a server that does not answer neither fails nor slows the work.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import lru_cache
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.context import FlowRunContext

from tasks.domain.progress import Progress
from tasks.logs import is_shown, log, reported_to
from tasks.orchestration.names import artifact_key
from tasks.workspace.cycle import Cycle

LINE_SECONDS = 30.0
PUBLISH_SECONDS = 5.0
TIMEOUT_SECONDS = 10.0
LAST_SECONDS = 2.0  # for the last update, when the process ends


@contextmanager
def progress_shown(cycle: Cycle) -> Iterator[None]:
    """While inside, what is reported reaches the flow run, and the log where no terminal shows it."""
    context = FlowRunContext.get()
    with ExitStack() as sinks:
        if not is_shown():
            sinks.enter_context(reported_to(Lines()))
        if context and context.flow_run and context.flow:
            kind = f"cycle-{cycle.number}-progress-{context.flow.name}"
            key = artifact_key(cycle.root, cycle.name, kind)
            sinks.enter_context(reported_to(artifact_of(context.flow_run.id, key)))
        yield


class Lines:
    """Logs what is reported: when the work changes, when it is done, and now and then."""

    def __init__(self) -> None:
        self._note, self._logged_at = "", -math.inf

    def __call__(self, now: Progress) -> None:
        if not now.unit:
            return
        due = time.monotonic() - self._logged_at >= LINE_SECONDS
        if due or now.finished or now.note != self._note:
            log().info("%s", now.text)
            self._note, self._logged_at = now.note, time.monotonic()


class ProgressArtifact:
    """The progress artifact of a flow run, updated by a thread that ends when there is no news."""

    def __init__(self, flow_run: UUID, key: str) -> None:
        self._flow_run, self._key = flow_run, key
        self._lock, self._ending = threading.Lock(), threading.Event()
        self._news: Progress | None = None
        self._thread: threading.Thread | None = None
        self._identity: UUID | None = None
        atexit.register(self._end)

    def __call__(self, now: Progress) -> None:
        with self._lock:
            self._news = now
            if self._thread is None:
                work = copy_context().run  # Prefect's settings are known by context
                self._thread = threading.Thread(target=work, args=(self._publish_all,), daemon=True)
                self._thread.start()

    def _publish_all(self) -> None:
        with get_client(sync_client=True, httpx_settings={"timeout": TIMEOUT_SECONDS}) as client:
            while (now := self._take_news()) is not None:
                try:
                    self._publish(now, client)
                except Exception as error:  # whatever keeps the server from it
                    log().debug("progress was not published: %s", error)
                self._ending.wait(PUBLISH_SECONDS)

    def _take_news(self) -> Progress | None:
        with self._lock:
            news, self._news = self._news, None
            if news is None:
                self._thread = None
            return news

    def _publish(self, now: Progress, client: SyncPrefectClient) -> None:
        """Ask the API itself: the client's own methods also emit events, which they cannot at exit."""
        news = {"data": now.percent, "description": now.text}
        if self._identity is None:
            made = {"type": "progress", "key": self._key, "flow_run_id": str(self._flow_run)}
            answer = client.request("POST", "/artifacts/", json=made | news)
            self._identity = UUID(answer.json()["id"])
        else:
            where = {"id": self._identity}
            client.request("PATCH", "/artifacts/{id}", path_params=where, json=news)

    def _end(self) -> None:
        self._ending.set()
        if thread := self._thread:
            thread.join(LAST_SECONDS)


@lru_cache(maxsize=64)
def artifact_of(flow_run: UUID, key: str) -> ProgressArtifact:
    """Give the one progress artifact of a flow run."""
    return ProgressArtifact(flow_run, key)
