"""Locks, and the removal of what a killed process left."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tasks.build import build_benchmark
from tasks.domain.errors import CycleBusy, DiskFailed, DiskFull
from tasks.records.files import write_atomic
from tasks.workspace.locks import disk_named, locked, remove_leftovers, running
from tasks.workspace.open import open_cycle
from tests.tasks.builds import TERMS, rows_of, started


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
        "a finished decoding": "cycle1/decoded/ef.jsonl",
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


@contextmanager
def room_for_files_of(size: int) -> Iterator[None]:
    """Let no file of this process be longer, as a quota does."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


def test_a_full_disk_names_who_wrote_and_where(tmp_path: Path) -> None:
    with (
        pytest.raises(DiskFull, match=f"^build: the disk of {tmp_path} is full$"),
        disk_named("build", tmp_path),
    ):
        Path("/dev/full").write_text("rows", encoding="utf-8")


def test_a_build_on_a_full_disk_is_one_sentence_and_goes_on_where_there_is_room(
    tmp_path: Path,
) -> None:
    root = started(tmp_path / "w", TERMS)
    sentence = f"^build: the disk of {root} is full$"
    with room_for_files_of(20_000), pytest.raises(DiskFull, match=sentence):
        build_benchmark(root, 1)
    assert not (root / "cycle1/manifest.jsonl").exists()
    build_benchmark(root, 1)
    assert len(rows_of(root)) == 9
    assert not list(root.rglob("*.partial"))


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO])
def test_a_disk_that_cannot_be_written_is_named(tmp_path: Path, code: int) -> None:
    path = tmp_path / "manifest.jsonl"
    reason = os.strerror(code)
    with (
        pytest.raises(DiskFailed, match=f"^audition: {path}: {reason}$"),
        disk_named("audition", tmp_path),
    ):
        raise OSError(code, reason, str(path))
    with (
        pytest.raises(DiskFailed, match=f"^audition: {tmp_path}: {reason}$"),
        disk_named("audition", tmp_path),
    ):
        raise OSError(code, reason)


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").mkdir()
    with pytest.raises(DiskFailed, match="Is a directory"), disk_named("build", tmp_path):
        write_atomic(tmp_path / "manifest.jsonl", "rows")


def test_an_error_of_a_network_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(ConnectionRefusedError), disk_named("build", tmp_path):
        raise ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
