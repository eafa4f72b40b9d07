"""What tests read of a terminal is all that a command wrote there."""

from __future__ import annotations

from tests.terminal import CTRL_C, OnTerminal

WRITES = "import signal; signal.signal(2, signal.SIG_IGN); print(*range(200_000), sep='\\n')"


def test_no_line_is_lost_when_ctrl_c_is_pressed() -> None:
    running = OnTerminal("-c", WRITES, environment={})
    while not running.shown:
        pass  # until the command ignores the key
    while running.process.poll() is None:
        running.press(CTRL_C)
    running.wait_for_end()
    assert len(running.lines) == 200_000
