"""Locks, and the removal of what a killed process left."""

import os
import shutil
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import CycleBusy
from tasks.workspace.locks import locked, remove_leftovers, running
from tasks.workspace.open import open_cycle


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
        "decoding of a fold, killed": "cycle1/models/smoke-1/fold1-of-3/decoded/ij.work/rows.jsonl",
        "decoding, at work": "cycle1/decoded/cd.work/rows.jsonl",
        "a user's own": "cycle1/kept.partial",
        "champion, killed": f".champion.json.{dead}@{host}.partial",
        "champion, at work": f".champion.json.{alive}@{host}.partial",
        "champion, of a host of the same first name": f".champion.json.{dead}@{host}.b.partial",
        "a decoding that stands": "cycle1/decoded/ef.jsonl",
        "its shard": "cycle1/decoded/ef.0-of-2.part",
        "a shard of one that does not": "cycle1/decoded/gh.1-of-2.part",
    }
    for name in names.values():
        (cycle.root / name).parent.mkdir(parents=True, exist_ok=True)
        (cycle.root / name).write_text("{")
    with locked(cycle.root, "cd.part"), running(cycle):
        pass
    left = {what for what, name in names.items() if (cycle.root / name).exists()}
    gone = {"killed", "champion, killed", "its shard"}
    gone |= {"decoding, killed", "decoding of a fold, killed"}
    assert left == names.keys() - gone


def test_leftovers_are_looked_for_while_a_fine_tune_makes_and_removes_folders(
    tmp_path: Path,
) -> None:
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            for number in range(20):
                (tmp_path / f"cycle1/{number}").mkdir(parents=True)
            shutil.rmtree(tmp_path / "cycle1")

    job = threading.Thread(target=work)
    job.start()
    try:
        for _ in range(500):
            remove_leftovers(tmp_path, tmp_path / "cycle1")
    finally:
        ended.set()
        job.join()


def test_a_lock_that_is_held_is_refused_by_name(tmp_path: Path) -> None:
    with (
        locked(tmp_path, "cycle1"),
        pytest.raises(CycleBusy, match="cycle1"),
        locked(tmp_path, "cycle1", wait=False),
    ):
        pass


def test_a_flow_goes_on_with_the_lock_of_its_command_and_nobody_else_does(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    refused: list[str] = []

    def run_too() -> None:
        try:
            with running(cycle):
                pass
        except CycleBusy as error:
            refused.append(str(error))

    with running(cycle):
        run_too()
        assert not refused
        other = threading.Thread(target=run_too)
        other.start()
        other.join()
        assert refused == [f"cycle1 of {cycle.root} is being run by another process"]
    run_too()
    assert len(refused) == 1


def test_a_lock_is_free_again_after_an_error_inside(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path, "cycle1"):
        raise ZeroDivisionError
    with locked(tmp_path, "cycle1", wait=False):
        assert (tmp_path / ".locks" / "cycle1").exists()
