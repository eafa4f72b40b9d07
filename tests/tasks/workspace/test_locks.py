"""Locks, and the removal of what a killed process left."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import CycleBusy
from tasks.workspace.inputs import open_cycle
from tasks.workspace.locks import locked, running


def test_what_a_killed_process_left_half_written_is_removed(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    host, dead, alive = socket.gethostname(), 2**22 + 1, os.getpid()
    names = {
        "killed": f"cycle2/.decision.json.{dead}@{host}.partial",
        "at work": f"cycle2/.results.csv.{alive}@{host}.partial",
        "on another host": f"cycle2/.gate.json.{dead}@{host}.elsewhere.partial",
        "decoding, killed": "cycle1/decoded/ab.work/rows.jsonl",
        "decoding, at work": "cycle1/decoded/cd.work/rows.jsonl",
        "decoding, joined": "cycle1/decoded/ef.0-of-1.part",
        "decoding, to be joined": "cycle1/decoded/01.0-of-2.part",
        "whole": "cycle1/decoded/ef.jsonl",
        "a user's own": "cycle1/kept.partial",
    }
    for name in names.values():
        (cycle.root / name).parent.mkdir(parents=True, exist_ok=True)
        (cycle.root / name).write_text("{")
    with locked(cycle.root, "cd.part"), running(cycle):
        pass
    left = {what for what, name in names.items() if (cycle.root / name).exists()}
    assert left == {
        "at work", "on another host", "decoding, at work", "decoding, to be joined", "whole",
        "a user's own",
    }  # fmt: skip


def test_a_lock_that_is_held_is_refused_by_name(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "cycle1"),
        pytest.raises(CycleBusy, match="cycle1"),
        locked(tmp_path, "cycle1", wait=False),
    ):
        pass


def test_a_lock_is_free_again_after_an_error_inside(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "cycle1"):
        raise ZeroDivisionError
    with locked(tmp_path, "cycle1", wait=False):
        assert (tmp_path / ".locks" / "cycle1").exists()
