"""Kill a command before each change that it makes in a folder, and run it again."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.faults.kill_events import at_each_change

Command = Callable[[Path], None]


def killed_before_each_change(root: Path, command: Command) -> Iterator[str]:
    """Yield the change before which the command was killed, after it was run again to its end.

    The folder is as it was before each of them; the command is a function of a module.
    """
    prepared = root.with_name(f"{root.name}-prepared")
    root.rename(prepared)
    for number in range(1, 1000):
        shutil.copytree(prepared, root, symlinks=True)
        killed = _in_a_process(root, command, number)
        if killed == 0:
            return
        assert killed == -signal.SIGKILL, f"exit code {killed} before change {number}"
        assert _in_a_process(root, command, 0) == 0
        yield root.with_suffix(".change").read_text()
        shutil.rmtree(root)


def _in_a_process(root: Path, command: Command, number: int) -> int | None:
    """Run the command in a process that is killed before the change of this number; 0 for none."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.kills", "tasks.rollback", "tests.corpora"])
    process = context.Process(target=_run, args=(root, command, number))
    process.start()
    process.join()
    return process.exitcode


def _run(root: Path, command: Command, number: int) -> None:
    change = os.open(root.with_suffix(".change"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def act(count: int, what: str) -> None:
        if count == number:
            os.write(change, what.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(at_each_change(root, act))
    command(root)
