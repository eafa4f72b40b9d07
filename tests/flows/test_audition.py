"""The command: it leaves a page that is whole, serves it on request, and ends in a line."""

from __future__ import annotations

import http.client
import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.flows.test_commands import command, contents
from tests.terminal import CTRL_C, OnTerminal

TERMS = "term,entity_category,ipa,sentences\ntimolol,drug,,Start timolol today.\nINR,lab,,\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "terms.csv").write_text(TERMS)
    return tmp_path


@contextmanager
def serving(root: Path, wait_for: Callable[..., Any]) -> Iterator[tuple[OnTerminal, str]]:
    """Serve the audition of a workspace; return the running command and the address it prints."""
    words = ["-m", "flows.audition", "--workspace", root, "--cycle", 1, "--serve"]
    running = OnTerminal(*words, environment={})
    try:
        found = wait_for(lambda: re.search(r"Open (http://127\.0\.0\.1:\S+)", running.shown))
        yield running, found[1]
    finally:
        running.process.kill()


def post(url: str, what: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Post as the page does."""
    parts = urlsplit(url)
    headers = {"Content-Type": "application/json", "Origin": f"http://{parts.netloc}"}
    connection = http.client.HTTPConnection(parts.netloc, timeout=300)
    connection.request("POST", f"{parts.path}{what}", json.dumps(body), headers)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def page_data(page: str) -> Any:
    """What a page tells its script."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


def test_the_page_is_left_and_what_is_still_to_be_checked_is_reported(root: Path) -> None:
    done = command("flows.audition", "--workspace", root, "--cycle", 1)
    assert done.returncode == 0, done.stderr
    page = root / "cycle1/audition.html"
    assert done.stdout.splitlines()[0].startswith(
        "2 terms are not checked yet (timolol, INR): open "
    )
    assert done.stdout.splitlines()[-1] == str(page)
    voices = page_data(page.read_text())["cards"][0]["item"]["voices"]
    assert page.read_text().count("data:audio/mpeg") >= 2 * len(voices) > 2


def test_a_record_that_a_page_saved_is_taken_in(root: Path) -> None:
    command("flows.audition", "--workspace", root, "--cycle", 1)
    data = page_data((root / "cycle1/audition.html").read_text())
    decision = {"reviewer": "Ana", "at": "2026-01-02T03:04:05Z"}
    timolol, inr = (card["item"] for card in data["cards"])
    proposal = data["cards"][0]["choices"][1]
    decisions = [
        timolol
        | decision
        | {"decision": "heard", "ipa": proposal["ipa"], "ipa_source": "proposal"},
        inr | decision | {"decision": "skipped", "reason": "letters"},
    ]
    record = {"schema_version": 1, "cycle": 1, "decisions": decisions}
    (root / "cycle1/audition.json").write_text(json.dumps(record))
    done = command("flows.audition", "--workspace", root, "--cycle", 1)
    assert done.stdout.startswith("Every term is checked or skipped.")
    assert f"timolol,{proposal['ipa']},Ana," in (root / "pronunciation_overrides.csv").read_text()
    page = (root / "cycle1/audition.html").read_text()
    assert "accepted by Ana on 2026-01-02" in page
    assert "skipped by Ana on 2026-01-02: letters" in page


def test_a_served_page_saves_at_once_and_ctrl_c_ends_it_with_what_is_left_to_check(
    root: Path, wait_for: Callable[..., Any]
) -> None:
    with serving(root, wait_for) as (running, url):
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=300)
        connection.request("GET", urlsplit(url).path)
        item = page_data(connection.getresponse().read().decode())["cards"][0]["item"]
        status, made = post(url, "clips", item | {"ipa": "ˈtɪməlɔːl", "ipa_source": "typed"})
        assert (status, len(made["clips"])) == (200, len(item["voices"]))
        decision = {
            "decision": "heard",
            "reviewer": "Ana",
            "ipa": "ˈtɪməlɔːl",
            "ipa_source": "typed",
        }
        assert post(url, "decide", item | decision)[0] == 200
        saved = json.loads((root / "cycle1/audition.json").read_text())
        assert [one["term"] for one in saved["decisions"]] == ["timolol"]
        assert post(url, "decide", item | decision | {"reviewer": ""})[0] == 422
        running.press(CTRL_C)
        running.wait_for_end()
    assert running.process.returncode == 0
    assert "1 term is not checked yet (INR)" in running.shown
    assert "Traceback" not in running.shown
    assert running.lines[-1] == str(root / "cycle1/audition.html")
    assert "accepted by Ana" in (root / "cycle1/audition.html").read_text()


def test_a_port_that_is_taken_is_a_fault(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        words = ("--workspace", root, "--cycle", 1, "--serve", "--port", port)
        done = command("flows.audition", *words)
    assert done.returncode == 2
    assert f"--port: expected a free port; {port}: Address already in use" in done.stderr


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("terms.csv", "word\n", "terms.csv:1: expected the columns term,entity_category"),
        (
            "pronunciation_overrides.csv",
            "term,ipa,verified_by,verified_at\ntimolol,χ,Bo,2025\n",
            "pronunciation_overrides.csv:2: ipa: espeak cannot pronounce χ of 'χ'",
        ),
        ("flywheel.yaml", "bass: x\n", "flywheel.yaml: bass: did you mean 'base'?"),
    ],
)
def test_what_is_wrong_in_a_workspace_is_named_and_nothing_is_written(
    root: Path, name: str, content: str, sentence: str
) -> None:
    (root / name).write_text(content)
    before = contents(root)
    done = command("flows.audition", "--workspace", root, "--cycle", 1)
    assert done.returncode == 2
    assert sentence in done.stderr
    assert contents(root) == before
