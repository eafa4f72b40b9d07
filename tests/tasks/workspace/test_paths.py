"""Files appear whole, and what a killed process left is swept."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.workspace.inputs import open_cycle
from tasks.workspace.locks import CycleBusy, locked, running
from tasks.workspace.paths import digest, write_atomic, write_csv


def test_a_failed_write_leaves_the_old_file_and_no_partial(tmp_path: Path) -> None:
    write_atomic(tmp_path / "a", "old")
    with pytest.raises(TypeError):
        write_atomic(tmp_path / "a", None)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_what_a_killed_process_left_half_written_is_swept(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    host, dead, alive = socket.gethostname(), 2**22 + 1, os.getpid()
    names = {
        "killed": f"cycle2/.decision.json.{host}.{dead}.partial",
        "at work": f"cycle2/.results.csv.{host}.{alive}.partial",
        "on another host": f"cycle2/.gate.json.elsewhere.{dead}.partial",
        "decoding, killed": "cycle1/decoded/ab.work/rows.jsonl",
        "decoding, at work": "cycle1/decoded/cd.work/rows.jsonl",
        "a user's own": "cycle1/kept.partial",
    }
    for name in names.values():
        (cycle.root / name).parent.mkdir(parents=True, exist_ok=True)
        (cycle.root / name).write_text("{")
    with locked(cycle.root, "cd.part"), running(cycle):
        pass
    left = {what for what, name in names.items() if (cycle.root / name).exists()}
    assert left == {"at work", "on another host", "decoding, at work", "a user's own"}


def test_undefined_values_are_empty_cells(tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", [{"a": None, "b": 'say "x", y'}])
    assert (tmp_path / "r.csv").read_text() == 'a,b\n,"say ""x"", y"\n'


def test_none_and_nothing_have_different_digests() -> None:
    assert digest(None) != digest("")
    assert digest("a", "b") != digest("ab")


def test_a_lock_that_is_held_is_refused_by_name(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "cycle1"),
        pytest.raises(CycleBusy, match="cycle1"),
        locked(tmp_path, "cycle1", wait=False),
    ):
        pass
