"""The command: it speaks two sets, reports what it did, and lists what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.general import general_speech
from tests.flows.test_commands import command

SIZES = ("--guard", 2, "--replay", 1)


def test_sets_are_made_once(tmp_path: Path) -> None:
    done = command("flows.general", "--workspace", tmp_path, *SIZES)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["general.jsonl: 2 clips", "replay.jsonl: 1 clips"]
    again = command("flows.general", "--workspace", tmp_path, *SIZES)
    assert again.returncode == 0
    assert "general.jsonl is there already and was left as it is" in again.stdout


def test_acceptance_rows_are_made_where_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    sizes = ("--guard", 0, "--replay", 0, "--acceptance", 2)
    done = command("flows.general", "--workspace", tmp_path, *sizes)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["acceptance.jsonl: 2 clips"]


def test_a_workspace_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    done = command("flows.general", "--workspace", tmp_path / "no", *SIZES)
    assert done.returncode == 2
    assert "no does not exist" in done.stderr


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_gives_what_was_made(tmp_path: Path) -> None:
    state = general_speech(tmp_path, guard=1, replay=0, return_state=True)
    assert state.name == "Completed"
    assert len(json.loads((tmp_path / "general.jsonl").read_text())["text"]) > 10
