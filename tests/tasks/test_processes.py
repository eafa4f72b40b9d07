"""A process that is interrupted says one sentence and takes with it all that it started."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
STUBBORN = """
import subprocess, sys, time
from tasks.processes import interruptible

child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
with interruptible(lambda: "Stopped."):
    print(subprocess.Popen([sys.executable, "-c", child]).pid, flush=True)
    try:
        time.sleep(60)
    finally:
        time.sleep({unwinding})
"""
UNTOUCHED = """
import signal
from tasks.processes import interruptible

before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
with interruptible(str):
    pass
assert before == (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT))
assert signal.set_wakeup_fd(-1) == -1
"""


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("unwinding", [0, 60])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_process_ends_in_seconds_with_its_children_however_long_it_unwinds(
    number: signal.Signals, code: int, unwinding: int
) -> None:
    process = start(STUBBORN.format(unwinding=unwinding))
    assert process.stdout
    child = psutil.Process(int(process.stdout.readline()))
    began = time.monotonic()
    process.send_signal(number)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - began < 5
    assert process.returncode == code
    assert errors == "Stopped.\n"
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


def test_without_a_signal_the_handlers_are_as_they_were() -> None:
    process = start(UNTOUCHED)
    assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_what_leaves_at_once_waits_for_no_thread_and_loses_no_word() -> None:
    waits = "import threading, time; threading.Thread(target=time.sleep, args=(60,)).start()"
    leaves = "from tasks.processes import leave_at_once; print('a word', end=''); leave_at_once(3)"
    began = time.monotonic()
    process = start(f"{waits}\n{leaves}")
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "a word")
    assert time.monotonic() - began < 30
