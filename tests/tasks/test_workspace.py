"""Files appear whole, the ledger grows once a cycle, the champion has a history."""

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.inputs import open_cycle
from tasks.locks import CycleBusy, locked, running
from tasks.workspace import (
    champion_before,
    digest,
    ledger,
    record_in_ledger,
    write_atomic,
    write_csv,
)


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


def test_the_same_outcome_is_in_the_ledger_once(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    line = {"cycle": 1, "outcome": "grow", "inputs_sha256": "x"}
    record_in_ledger(cycle, line)
    record_in_ledger(cycle, line)
    record_in_ledger(cycle, line | {"inputs_sha256": "y"})
    assert [old["inputs_sha256"] for old in ledger(cycle.root)] == ["x", "y"]


def test_a_cycle_is_compared_with_the_champion_before_it(tmp_path: Path) -> None:
    first = {"path": "1.nemo", "cycle": 1, "previous": None}
    second = {"path": "2.nemo", "cycle": 2, "previous": first}
    (tmp_path / "champion.json").write_text(json.dumps(second))
    assert champion_before(tmp_path, 1) is None
    assert champion_before(tmp_path, 2) == first
    assert champion_before(tmp_path, 3) == second


def test_a_lock_that_is_held_is_refused_by_name(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "cycle1"),
        pytest.raises(CycleBusy, match="cycle1"),
        locked(tmp_path, "cycle1", wait=False),
    ):
        pass
