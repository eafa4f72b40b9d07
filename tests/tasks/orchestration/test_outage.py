"""A Prefect server that goes away: what a command then reports, and how soon it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from tasks.domain.errors import ServerLost
from tasks.orchestration.outage import RETRIES, outage_survived, short_patience
from tests.faults import trials

AWAY = httpx.ConnectError("refused")
SECONDS = 150  # on a very busy machine; with Prefect's own patience it takes over 160


@pytest.mark.real
def test_a_server_that_is_killed_while_a_model_trains_costs_no_verdict_and_no_minutes(
    tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    root = trials.write_flywheel(tmp_path / "w", seconds=6.0)
    with trials.server(tmp_path / "home") as api:
        process = trials.start(root, **api)
        wait_for(lambda: next(root.glob("cycle1/models/*/work/started"), None))
    assert process.wait(timeout=SECONDS) == 0
    printed = (tmp_path / "w.log").read_text()
    assert printed.count("the cycle is decided, but its run is not shown as finished there") == 1
    assert "# Cycle 1: keep" in printed
    for noise in ("Traceback", "Error logging to API", "EventsWorker", "check your network"):
        assert noise not in printed
    assert not trials.left_behind(root)


def answer(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("POST", "http://server/api")
    return httpx.HTTPStatusError("", request=request, response=httpx.Response(status))


@pytest.mark.parametrize("error", [AWAY, httpx.ReadTimeout("slow"), answer(503)])
def test_an_outage_before_the_work_is_done_is_one_sentence(error: Exception) -> None:
    with (
        pytest.raises(ServerLost, match="start it, and run the same command again"),
        outage_survived(lambda: False),
    ):
        raise error


def test_a_request_that_was_refused_is_no_outage() -> None:
    with pytest.raises(httpx.HTTPStatusError), outage_survived(lambda: True):
        raise answer(409)


def test_a_command_is_less_patient_than_prefect_unless_it_is_set_how_patient() -> None:
    with short_patience():
        assert PREFECT_CLIENT_MAX_RETRIES.value() == RETRIES
    with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 7}), short_patience():
        assert PREFECT_CLIENT_MAX_RETRIES.value() == 7
