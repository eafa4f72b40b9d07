"""A command on a pseudo-terminal: what it shows, the keys that are pressed, what it leaves running."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
import threading
from collections.abc import Mapping
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[1]
CTRL_C = b"\x03"
SECONDS = 300  # until a test gives up: fakes that hang do so for longer
WATCHED = {"CI": "", "TERM": "xterm-256color", "COLUMNS": "100"}  # by a person, also in CI


def show_output_alone(terminal: int) -> None:
    """Show all that the command writes, and not the keys that are pressed.

    A terminal drops what it has not shown yet when Ctrl-C is pressed: a second one would take the
    last line of the command along.
    """
    mode = termios.tcgetattr(terminal)
    mode[3] &= ~termios.ECHO
    mode[3] |= termios.NOFLSH
    termios.tcsetattr(terminal, termios.TCSANOW, mode)


class OnTerminal:
    """A Python command in the foreground of a terminal of its own."""

    def __init__(self, *arguments: object, environment: Mapping[str, str]) -> None:
        self._terminal, process_side = pty.openpty()
        show_output_alone(process_side)
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)],
            cwd=ROOT,
            env=os.environ | WATCHED | environment,
            preexec_fn=lambda: os.login_tty(process_side),  # noqa: PLW1509 - nothing locks here
        )
        os.close(process_side)
        self._read = bytearray()
        self._reader = threading.Thread(target=self._drain)
        self._reader.start()

    def _drain(self) -> None:
        while True:
            try:
                self._read += os.read(self._terminal, 4096)
            except OSError:  # the last process on this terminal is gone
                return

    @property
    def shown(self) -> str:
        return self._read.decode(errors="replace").replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """What was shown, without colors and moves of the cursor."""
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.shown).splitlines()

    def press(self, keys: bytes) -> None:
        os.write(self._terminal, keys)

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_end(self) -> None:
        """Wait until the command and all that holds its terminal are gone."""
        self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert not self._reader.is_alive(), "a process of the command still holds its terminal"
        os.close(self._terminal)
