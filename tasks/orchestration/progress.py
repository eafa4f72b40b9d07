"""The progress of a stage, in the log and as an artifact of its Prefect flow run.

Both are best effort: a server that does not answer neither fails nor slows the work.
"""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import copy_context
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.context import FlowRunContext

from tasks.domain.progress import CYCLE_SPANS, Progress
from tasks.logs import DONE, is_reported_to, is_shown, log, on_one_bar, report, reported_to
from tasks.orchestration.names import artifact_key
from tasks.workspace.cycle import Cycle

LINE_SECONDS = 30.0
PUBLISH_SECONDS = 5.0
TIMEOUT_SECONDS = 10.0
LAST_SECONDS = 2.0  # for the last update, when the process ends


@contextmanager
def cycle_shown(cycle: Cycle) -> Iterator[None]:
    """While inside, the stages of a cycle are on one bar, which is full when they end."""
    with on_one_bar(CYCLE_SPANS), progress_of(cycle):
        yield
        report(Progress(f"cycle {cycle.number}", note=DONE, of_all=100.0))


def progress_of(cycle: Cycle) -> AbstractContextManager[None]:
    """Show what is reported as the progress of a cycle."""
    return progress_shown(cycle.root, cycle.name, f"cycle-{cycle.number}-")


@contextmanager
def progress_shown(root: Path, name: str, about: str = "") -> Iterator[None]:
    """While inside, what is reported reaches the flow run, and the log where no terminal shows it."""
    context = FlowRunContext.get()
    with ExitStack() as sinks:
        if not is_shown():
            sinks.enter_context(reported_to(Lines()))
        if context and context.flow_run and context.flow:
            key = artifact_key(root, name, f"{about}progress-{context.flow.name}")
            artifact = artifact_of(context.flow_run.id, key)
            if not is_reported_to(artifact):
                sinks.enter_context(reported_to(artifact))
        yield


class Lines:
    """Logs what is reported: when the work changes, once when it is done, and now and then."""

    def __init__(self) -> None:
        self._note, self._finished, self._logged_at = "", False, -math.inf

    def __call__(self, now: Progress) -> None:
        if not now.unit or (now.finished and self._finished):
            return
        due = time.monotonic() - self._logged_at >= LINE_SECONDS
        if due or now.finished or now.note != self._note:
            log().info("%s", now.text)
            self._note, self._logged_at = now.note, time.monotonic()
        self._finished = now.finished


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
        self._identity = self._identity or self._of_an_attempt_before(client)
        if self._identity is None:
            made = {"type": "progress", "key": self._key, "flow_run_id": str(self._flow_run)}
            answer = client.request("POST", "/artifacts/", json=made | news)
            self._identity = UUID(answer.json()["id"])
        else:
            where = {"id": self._identity}
            client.request("PATCH", "/artifacts/{id}", path_params=where, json=news)

    def _of_an_attempt_before(self, client: SyncPrefectClient) -> UUID | None:
        """Find what an earlier attempt at this flow run left, which would stay beside ours."""
        wanted = {"key": {"any_": [self._key]}, "flow_run_id": {"any_": [str(self._flow_run)]}}
        answer = client.request("POST", "/artifacts/filter", json={"artifacts": wanted})
        found = answer.json()
        return UUID(found[-1]["id"]) if found else None

    def _end(self) -> None:
        self._ending.set()
        if thread := self._thread:
            thread.join(LAST_SECONDS)


@lru_cache(maxsize=64)
def artifact_of(flow_run: UUID, key: str) -> ProgressArtifact:
    """Return the one progress artifact of a flow run."""
    return ProgressArtifact(flow_run, key)
