"""Writing in a workspace: its locks, what a killed process left half-written, a disk that refuses.

The system frees a lock when its process ends, however it ends.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from fnmatch import fnmatch
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from tasks.domain.errors import CycleBusy, DiskFailed, DiskFull
from tasks.records.files import writer_of
from tasks.workspace.cycle import Cycle

OTHER_HOST_SECONDS = 3600.0
LEDGER = "ledger"
_running: ContextVar[frozenset[Path]] = ContextVar("running", default=frozenset())
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OF_THE_DISK = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)  # a write names no file


@contextmanager
def running(cycle: Cycle) -> Iterator[None]:
    """Hold the cycle's lock, and first remove what a killed process left half-written in it.

    A flow inside a command that holds it already goes on with that.
    """
    held = _running.get()
    if cycle.folder in held:
        yield
        return
    with locked(cycle.root, f"cycle{cycle.number}", wait=False):
        token = _running.set(held | {cycle.folder})
        try:
            for folder in (cycle.folder, cycle.next_folder):
                remove_leftovers(cycle.root, folder)
            yield
        finally:
            _running.reset(token)


def remove_leftovers(root: Path, folder: Path) -> None:
    """Remove what nobody is at work on: half-written files, those of the workspace itself included,
    folders of decodings, and shards of a decoding that is complete.
    """
    remove_partials(root)
    for partial in _found(folder, ".*.partial"):
        if not is_being_written(partial):
            partial.unlink(missing_ok=True)
    for work in _found(folder, "*.work", parent="decoded"):
        with suppress(CycleBusy), locked(root, f"{work.stem}.part", wait=False):
            shutil.rmtree(work, ignore_errors=True)
    for part in _found(folder, "*.part", parent="decoded"):  # <decoding>.<number>-of-<shards>.part
        if part.with_name(part.name.split(".")[0] + ".jsonl").exists():
            part.unlink(missing_ok=True)


def remove_partials(folder: Path) -> None:
    """Remove the half-written files right in a folder that nobody writes any more."""
    for partial in folder.glob(".*.partial"):
        if not is_being_written(partial):
            partial.unlink(missing_ok=True)


def _found(folder: Path, pattern: str, parent: str = "*") -> list[Path]:
    """Find files and folders by their name and that of their folder.

    Other than Path.rglob it bears folders that go meanwhile, as a fine-tune in a pool removes them.
    """
    return [
        Path(path, name)
        for path, folders, files in os.walk(folder)
        if fnmatch(Path(path).name, parent)
        for name in folders + files
        if fnmatch(name, pattern)
    ]


def is_being_written(partial: Path) -> bool:
    """Whether the process in the file's name is alive; one of another host is given an hour."""
    host, process = writer_of(partial) or ("", 0)
    if host == socket.gethostname():
        return psutil.pid_exists(process)
    with suppress(FileNotFoundError):
        return time.time() - partial.stat().st_mtime < OTHER_HOST_SECONDS
    return False


@contextmanager
def locked(root: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock of the workspace; without `wait`, raise CycleBusy when another process has it."""
    folder = root / ".locks"
    folder.mkdir(exist_ok=True)
    try:
        with FileLock(folder / name, timeout=-1 if wait else 0):
            yield
    except Timeout:
        raise CycleBusy(f"{name} of {root} is being run by another process") from None


@contextmanager
def disk_named(name: str, root: Path) -> Iterator[None]:
    """While inside, turn what a disk refuses into DiskFull or DiskFailed; `name` is who writes.

    An error of a network, which names no file, is let through.
    """
    try:
        yield
    except OSError as error:
        if error.errno in DISK_FULL:
            raise DiskFull(f"{name}: the disk of {root} is full") from error
        if error.filename is None and error.errno not in OF_THE_DISK:
            raise
        raise DiskFailed(f"{name}: {error.filename or root}: {error.strerror}") from error
