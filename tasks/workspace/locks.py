"""Locks of a workspace, and the sweep of what a killed process left half-written.

The system frees a lock when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tasks.workspace.paths import Cycle

OTHER_HOST_SECONDS = 3600.0


class CycleBusy(RuntimeError):
    """Another process runs this cycle."""


@contextmanager
def running(cycle: Cycle) -> Iterator[None]:
    """Hold the cycle's lock, and first remove what a killed process left half-written in it."""
    with locked(cycle.root, f"cycle{cycle.number}", wait=False):
        for folder in (cycle.folder, cycle.next_folder):
            for partial in folder.rglob(".*.partial"):
                if not _is_being_written(partial):
                    partial.unlink(missing_ok=True)
            for work in folder.rglob("decoded/*.work"):
                with suppress(CycleBusy), locked(cycle.root, f"{work.stem}.part", wait=False):
                    shutil.rmtree(work, ignore_errors=True)
        yield


def _is_being_written(partial: Path) -> bool:
    """Whether the process that the name tells of lives; one of another host is given an hour."""
    host, process = partial.name.removesuffix(".partial").rsplit(".", 2)[-2:]
    if host != socket.gethostname().rsplit(".", 1)[-1]:
        return time.time() - partial.stat().st_mtime < OTHER_HOST_SECONDS
    return Path(f"/proc/{process}").exists()


@contextmanager
def locked(root: Path, name: str, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock of the workspace."""
    folder = root / ".locks"
    folder.mkdir(exist_ok=True)
    with (folder / name).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise CycleBusy(f"{name} of {root} is being run by another process") from None
        yield
