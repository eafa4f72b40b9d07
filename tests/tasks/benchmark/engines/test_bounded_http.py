"""An answer over HTTP is bounded in bytes and in time, all of it; the client is usable after either."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tasks.benchmark.engines.http_tts import BoundedHttp, TooMuch
from tests.faults.hostile_speech import BEHAVIORS, serving


def ask(client: BoundedHttp, url: str) -> int:
    return client.ask("POST", url, json={"input": "stop heparin today", "voice": "a"}).status


@pytest.fixture(autouse=True)
def _fakes(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.syspath_prepend(str(request.config.rootpath / "tests/fakes"))


def test_an_answer_comes_with_status_headers_and_bytes(dictionary: Any) -> None:
    dictionary.entries["heparin"] = ["heparin"]
    answer = BoundedHttp(60, 1_000).ask(
        "GET", f"{dictionary.url}/heparin", params={"key": "mw-secret"}
    )
    assert (answer.status, answer.is_success, answer.content) == (200, True, b'["heparin"]')
    assert answer.headers["content-length"] == "11"


@pytest.mark.parametrize(
    "name",
    ["headers that drip", "trailers that drip", "100 Continue that drips", "a body that drips"],
)
def test_an_answer_that_is_not_whole_in_time_ends_where_no_single_read_is_late(name: str) -> None:
    client = BoundedHttp(0.3, 1_000_000)
    with serving(BEHAVIORS[name], every=True) as server, pytest.raises(httpx.TimeoutException):
        ask(client, server.url)


@pytest.mark.parametrize("name", ["a body without an end", "200 MB packed to 1"])
def test_an_answer_of_too_many_bytes_is_not_read_on(name: str) -> None:
    client = BoundedHttp(60, 1_000_000)
    with serving(BEHAVIORS[name], every=True) as server, pytest.raises(TooMuch):
        ask(client, server.url)


def test_the_next_answer_is_read_after_one_that_was_given_up() -> None:
    client = BoundedHttp(60, 1_000_000)
    with serving(BEHAVIORS["a body without an end"], every=True) as server:
        with pytest.raises(TooMuch):
            ask(client, server.url)
        server.every, server.bad = False, "another"
        assert ask(client, server.url) == 200
