"""Ctrl-C and SIGTERM on a terminal: one line, everything stopped, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import PREFECT_API_URL

from flows.cycle import flywheel_cycle
from tasks.workspace.locks import LEDGER, locked
from tests.faults.trials import still_alive
from tests.terminal import CTRL_C, SECONDS, OnTerminal

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("prefect_server")]
Flywheel = Callable[..., Path]
ROOT = Path(__file__).parents[2]
PROMPT = "run the same command to resume.\n"


@contextmanager
def started(root: Path, *, own_server: bool = False, **environment: str) -> Iterator[OnTerminal]:
    """Run the command, on the session's server unless it is to start its own, which takes seconds."""
    command = ["-m", "flows.cycle", "--workspace", root, "--cycle", 1]
    server = {} if own_server else {"PREFECT_API_URL": str(PREFECT_API_URL.value())}
    running = OnTerminal(*command, environment=server | environment)
    yield running
    running.wait_for_end()


def decoding(root: Path, number: int) -> bool:
    journal = root.parent / "decodings"
    return journal.exists() and len(journal.read_text().splitlines()) == number


@pytest.mark.parametrize(
    ("stage", "number", "own_server"),
    [("transcribe-baseline", 1, True), ("boost", 2, False), ("transcribe", 6, False)],
)
def test_ctrl_c_in_a_decoding_ends_in_a_line_and_the_same_command_goes_on(
    flywheel: Flywheel, wait_for: Callable[..., Any], stage: str, number: int, own_server: bool
) -> None:
    root = flywheel(policy="boost: report\n")
    with started(root, own_server=own_server, FAKE_HANG=str(number)) as running:
        wait_for(lambda: decoding(root, number))
        left = running.descendants()
        assert len(left) >= 1 + own_server, "the job and Prefect's temporary server"
        running.press(CTRL_C)
        running.press(CTRL_C)
    assert running.process.returncode == 130
    assert running.shown.endswith(f"Interrupted in stage {stage}; {PROMPT}")
    assert "Traceback" not in running.shown
    assert not still_alive(left)
    assert flywheel_cycle(root, return_state=True).name == "Kept"


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143)],
)
def test_a_signal_in_training_ends_it_and_the_same_command_goes_on(
    flywheel: Flywheel, wait_for: Callable[..., Any], number: signal.Signals, code: int
) -> None:
    root = flywheel()
    with started(root, own_server=number == signal.SIGTERM, FAKE_TRAINING="slow") as running:
        wait_for(lambda: next(root.glob("cycle1/models/*/work/started"), None))
        left = running.descendants()
        running.process.send_signal(number)
        running.process.send_signal(number)
    assert running.process.returncode == code
    assert running.shown.endswith(f"Interrupted in stage sft; {PROMPT}")
    assert "Traceback" not in running.shown
    assert not still_alive(left)
    assert flywheel_cycle(root, return_state=True).name == "Kept"


def test_ctrl_c_while_the_verdict_waits_for_the_ledger_decides_nothing(
    flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    root = flywheel()
    with locked(root, LEDGER), started(root) as running:
        wait_for((root / "cycle2/report.html").exists)  # the ledger is next
        running.press(CTRL_C)
    assert running.process.returncode == 130
    assert running.shown.endswith(f"Interrupted in stage decide; {PROMPT}")
    assert not (root / "ledger.jsonl").exists()
    assert flywheel_cycle(root, return_state=True).name == "Kept"


def test_ctrl_c_right_after_the_gate_leaves_a_cycle_that_goes_on(
    flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    root = flywheel()
    with started(root) as running:
        stages = root / "cycle1/stages.jsonl"
        wait_for(lambda: stages.exists() and '"transcribe-baseline"' in stages.read_text())
        running.press(CTRL_C)
    assert running.process.returncode == 130
    assert running.shown.endswith(PROMPT)
    assert flywheel_cycle(root, return_state=True).name == "Kept"


def test_kill_9_leaves_neither_a_job_nor_a_temporary_server(
    flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    root = flywheel()
    with started(root, own_server=True, FAKE_TRAINING="slow") as running:
        wait_for(lambda: next(root.glob("cycle1/models/*/work/started"), None))
        left = running.descendants()
        os.kill(running.process.pid, signal.SIGKILL)
    assert not still_alive(left)


def test_ctrl_c_while_a_command_is_being_imported_ends_it_without_a_traceback(
    flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(flywheel()), "--cycle", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    maps = Path(f"/proc/{process.pid}/maps")
    wait_for(lambda: "pydantic_core" in maps.read_text())  # then it reads flags, and loads Prefect
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=SECONDS)
    assert (process.returncode, out, error.decode()) in [
        (-signal.SIGINT, b"", ""),
        (130, b"", f"Interrupted; {PROMPT}"),
    ]
