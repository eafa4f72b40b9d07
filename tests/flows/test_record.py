"""The command serves the page until Ctrl-C, and a cycle judges by the rows that it leaves."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from flows.cycle import flywheel_cycle
from tasks.record import open_record_desk
from tasks.workspace.ledger import read_ledger
from tests.flows.test_audition import page_data, post
from tests.tasks.recordings.takes import take
from tests.tasks.test_record import AGREED, posted
from tests.terminal import CTRL_C, OnTerminal

turn = partial(flywheel_cycle, return_state=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    return tmp_path


def test_what_is_kept_is_saved_at_once_and_ctrl_c_ends_it_with_counts_alone(
    root: Path, wait_for: Callable[..., Any]
) -> None:
    running = OnTerminal("-m", "flows.record", root, "--speaker", "nurse-1", environment={})
    try:
        url = wait_for(lambda: re.search(r"Open (http://127\.0\.0\.1:\S+)", running.shown))[1]
        status, work = post(url, "begin", AGREED)
        assert (status, len(work["left"])) == (200, 3)
        assert post(url, "keep", posted(work, take()))[0] == 200
        (row,) = map(json.loads, (root / "acceptance.jsonl").read_text().splitlines())
        assert post(url, "keep", posted(work, take(loudness=0.001), 1))[0] == 422
        running.press(CTRL_C)
        running.wait_for_end()
    finally:
        running.process.kill()
    assert running.process.returncode == 0
    assert running.lines[-1] == "acceptance.jsonl, recorded: rows 1, terms 1, speakers 1"
    for private in (row["text"], "nurse-1", "Traceback"):
        assert private not in running.shown


def test_the_page_begins_with_the_speaker_of_the_flag(root: Path) -> None:
    page = open_record_desk(root, 3, "us", "nurse-1").page()
    assert page_data(page)["speaker"] == "nurse-1"


def test_what_is_wrong_is_one_sentence_and_nothing_is_written(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for words, sentence in (
            (
                (root, "--port", port),
                f"--port: expected a free port; {port}: Address already in use",
            ),
            ((root, "--terms-per", 0), "--terms-per: expected more than 0"),
            ((root, "--speaker", "Ana Bell"), "--speaker: expected a pseudonym"),
            ((root / "none",), "none does not exist"),
        ):
            assert main(["record", *map(str, words)]) == 2
            assert sentence in capsys.readouterr().err
    assert [path.name for path in root.iterdir()] == ["terms.csv"]


@pytest.mark.usefixtures("prefect_server")
def test_a_cycle_judges_by_what_two_people_recorded_and_names_them_as_evidence(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel(policy="acceptance: required\n")
    desk = open_record_desk(root, 1, "us", "")
    pitches = iter(range(100, 1000))
    for speaker in ("nurse-1", "nurse-2"):
        work = desk.begin(AGREED | {"name": speaker})
        for _ in range(12):
            work = desk.keep(posted(work, take(pitch=next(pitches))))
    state = turn(root)
    assert "+ recorded people (2 speakers)" in str(state.message)
    decision = json.loads((root / "cycle2/decision.json").read_text())
    assert decision["evidence"].endswith("+ recorded people (2 speakers)")
    assert "acceptance" in {guard["name"] for guard in decision["guards"]}
    assert read_ledger(root)[-1].outcome == decision["verdict"]
