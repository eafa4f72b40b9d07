"""Waiting for child runs: the server may be away for a while, and not for ever."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_CLIENT_CSRF_SUPPORT_ENABLED,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)

from tasks.domain.errors import PoolFailed
from tasks.domain.jobs import ChildRun
from tasks.domain.progress import Progress
from tasks.logs import at_stage, reported_to
from tasks.orchestration import work_pool
from tasks.orchestration.work_pool import flow_parameters, wait_for_runs
from tasks.workspace.open import open_cycle

RUN = uuid4()


class Api(BaseHTTPRequestHandler):
    """A Prefect API of our own: each question about the run gets the next of these answers."""

    answers: list[str]
    message = "worker lost"
    active_slots = 0
    states_set: list[str] = []  # noqa: RUF012 - one server at a time
    progress = "sft: 1 of 4 steps, 1:42 left"

    def do_GET(self) -> None:
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == "away":
            self.close_connection = True
            return
        state = {"type": answer, "name": answer.title(), "message": self.message}
        run = {"id": str(RUN), "name": "sft-cycle-1", "flow_id": str(uuid4()), "state": state}
        self._send(run | {"state_name": state["name"], "work_pool_name": "gpu"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("concurrency_status"):
            page = {"queues": [], "count": 0, "limit": 1, "pages": 1, "page": 1}
            self._send(page | {"active_slots": self.active_slots, "concurrency_limit": 1})
        elif self.path.endswith("set_state"):
            self.states_set.append(body["state"]["name"])
            state = {"type": "SCHEDULED", "name": body["state"]["name"]}
            details = {"type": "accept_details"}
            self._send({"state": state, "status": "ACCEPT", "details": details})
        else:
            self._send([{"type": "progress", "data": 25.0, "description": self.progress}])

    def _send(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Start the API with these answers; polls are quick."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(work_pool, "POLL_SECONDS", 0.01)
    url = f"http://127.0.0.1:{server.server_port}/api"

    def answer(*states: str) -> None:
        Api.answers = list(states)

    settings = {
        PREFECT_API_URL: url,
        PREFECT_CLIENT_MAX_RETRIES: 0,
        PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: False,
    }
    with temporary_settings(settings):
        yield answer
    server.shutdown()
    server.server_close()


def test_a_run_that_completes_is_waited_for_through_an_outage(api: Callable[..., None]) -> None:
    api("PENDING", "away", "RUNNING", "away", "away", "COMPLETED")
    wait_for_runs("sft/gpu", [RUN])
    assert Api.answers == ["COMPLETED"]


@pytest.mark.parametrize(
    ("state", "retryable"), [("CRASHED", True), ("FAILED", False), ("CANCELLED", False)]
)
def test_a_run_that_ends_otherwise_is_one_sentence_and_a_crash_may_be_retried(
    api: Callable[..., None], state: str, retryable: bool
) -> None:
    api("RUNNING", state)
    sentence = f"sft/gpu: run sft-cycle-1 {state.lower()}: worker lost"
    with pytest.raises(PoolFailed, match=f"^{sentence}$") as raised:
        wait_for_runs("sft/gpu", [RUN])
    assert raised.value.retryable is retryable


def test_the_sentence_of_a_child_comes_without_what_prefect_wraps_it_in(
    api: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Api, "message", "Flow run encountered an exception: JobFailed: disk: full")
    api("FAILED")
    with pytest.raises(PoolFailed, match=r"^sft/gpu: run sft-cycle-1 failed: disk: full$"):
        wait_for_runs("sft/gpu", [RUN])


def test_how_far_a_child_is_is_reported_as_our_own(
    api: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work_pool, "PROGRESS_SECONDS", 0.0)
    api("RUNNING", "COMPLETED")
    reported: list[Progress] = []
    with reported_to(reported.append), at_stage("sft"):
        wait_for_runs("sft/gpu", [RUN])
    assert [(one.text, one.percent) for one in reported[1:-1]] == [
        ("sft: 1 of 4 steps, 1:42 left", 25)
    ]


@pytest.mark.parametrize(
    ("active", "named"),
    [(1, ["AwaitingConcurrencySlot"]), (0, [])],
    ids=["full", "without a worker"],
)
def test_a_run_that_waits_for_a_slot_shows_so_and_one_that_no_worker_takes_may_become_late(
    api: Callable[..., None], monkeypatch: pytest.MonkeyPatch, active: int, named: list[str]
) -> None:
    monkeypatch.setattr(Api, "active_slots", active)
    monkeypatch.setattr(Api, "states_set", [])
    api("SCHEDULED", "COMPLETED")
    wait_for_runs("sft/gpu", [RUN])
    assert Api.states_set == named


def test_a_server_that_stays_away_is_one_sentence_with_the_way_out(
    api: Callable[..., None],
) -> None:
    api("RUNNING", "away")
    with pytest.raises(
        PoolFailed, match=r"has not answered for 0.2 s: start it and rerun the cycle"
    ):
        wait_for_runs("sft/gpu", [RUN], outage_seconds=0.2)


def test_a_child_gets_the_policy_as_its_parent_read_it(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}], policy="sft: {epochs: 9}\n"), 1)
    values = flow_parameters(cycle, ChildRun("40 rows fold 2", {"fold": 2}, "", ()))
    assert values["policy"]["sft"]["epochs"] == 9
    assert (values["workspace"], values["cycle"], values["fold"]) == (str(cycle.root), 1, 2)
