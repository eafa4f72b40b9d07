"""The caretaker: a process of its own that ends a rented machine when its renter is done, or gone.

It reads a pipe that only the renter holds, so it learns of every end of the renter, kill -9 included.
It has no parent and no terminal to be interrupted by.

python -m tasks.rental.caretaker RENTED_JSON NAME
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tasks.domain.errors import CycleBusy, RentalFailed
from tasks.records.rented import LOCK
from tasks.rental.ending import end_rental
from tasks.rental.machine import PROJECT
from tasks.settings import Settings
from tasks.workspace.locks import locked

READY, DONE, ENDED = "ready\n", "done\n", "ended"
IN_USE = "a machine that was rented for {} is in use or is being ended: try again in a minute"
IGNORED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Caretaker:
    """While inside, a caretaker waits; at the end it ends the machine, and is waited for.

    When the renter is interrupted it is not waited for: it goes on by itself.
    """

    def __init__(self, record: Path, name: str) -> None:
        """Start it; raise CycleBusy while another one has a machine of this workspace."""
        self._record, self._name = record, name
        command = [sys.executable, "-m", "tasks.rental.caretaker", str(record), name]
        self._process = subprocess.Popen(
            command,
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._process.wait()  # what goes on is its child, which is nobody's then
        assert self._process.stdin
        assert self._process.stdout
        self._to, self._from = self._process.stdin, self._process.stdout
        if self._from.readline() != READY:
            raise CycleBusy(IN_USE.format(record.parents[1]))

    def __enter__(self) -> Caretaker:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        interrupted = error is not None and not isinstance(error, Exception)
        with self._from:
            with suppress(BrokenPipeError), self._to:
                self._to.write("" if interrupted else DONE)
            if interrupted:
                return
            words = self._from.read()
        if not words:  # the caretaker was killed
            end_rental(self._record, self._name, Settings().rent_pause)
        elif words != ENDED:
            raise RentalFailed(words) from error


def main(record: Path, name: str) -> None:
    """Wait for the renter's end, then end the machine; the last line printed is how that went."""
    for number in IGNORED:
        signal.signal(number, signal.SIG_IGN)
    with locked(record.parents[1], LOCK, wait=False):
        _write(1, READY)
        in_order = sys.stdin.readline() == DONE
        if not in_order:
            _write(
                2,
                f"{name} is being ended in the background; {record} will record when it is gone.\n",
            )
        try:
            end_rental(record, name, Settings().rent_pause)
            words = ENDED
        except RentalFailed as error:
            words = str(error)
    _write(1 if in_order else 2, words if in_order or words != ENDED else "")


def _write(stream: int, words: str) -> None:
    """Write at once, to a pipe or terminal that may be gone."""
    with suppress(OSError):
        os.write(stream, words.encode())


if __name__ == "__main__":
    if os.fork() == 0:
        try:
            main(Path(sys.argv[1]), sys.argv[2])
        except CycleBusy:
            sys.exit(1)
