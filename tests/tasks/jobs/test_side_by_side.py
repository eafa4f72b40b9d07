"""Several pieces of work that run jobs, side by side: their failures, their progress and their end."""

from __future__ import annotations

import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import psutil
import pytest

from tasks.domain.errors import JobFailed
from tasks.domain.jobs import Finished, Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import CPU
from tasks.jobs.runner import run_job
from tasks.jobs.side_by_side import side_by_side
from tasks.logs import at_stage, report, reported_to
from tasks.settings import Settings


def steps(done: int, seconds_left: float | None = None) -> None:
    report(Progress(done=done, total=10, unit="steps", seconds_left=seconds_left))


def test_the_failure_of_one_ends_no_other_and_results_keep_their_order() -> None:
    meet = threading.Barrier(3, timeout=20)  # all three are at work at once

    def do(number: int) -> int:
        meet.wait()
        if number == 1:
            raise JobFailed("out of memory")
        return number

    ended = side_by_side([partial(do, number) for number in range(3)], at_a_time=3)
    assert [str(one) for one in ended] == ["0", "out of memory", "2"]


def test_the_progress_of_all_is_one_count_of_the_same_stage() -> None:
    shown: list[str] = []
    began, first_seen = threading.Event(), threading.Event()

    def first() -> None:
        steps(5)
        first_seen.set()
        began.wait(20)

    def second() -> None:
        first_seen.wait(20)
        steps(10)
        began.set()

    with reported_to(lambda now: shown.append(now.text)), at_stage("sft"):
        side_by_side([first, second], at_a_time=2)
    assert shown == [
        "sft",
        "sft: 5 of 20 steps, 2 fine-tunes",
        "sft: 15 of 20 steps, 2 fine-tunes",
        "sft: done",
    ]


def test_what_is_done_in_turn_counts_as_a_part_of_all() -> None:
    shown: list[str] = []
    with reported_to(lambda now: shown.append(now.details)), at_stage("sft"):
        side_by_side([partial(steps, 10), partial(steps, 2, 8.0)], at_a_time=1)
    assert shown[1:3] == ["10 of 20 steps, 2 fine-tunes", "12 of 20 steps, 0:08 left, 2 fine-tunes"]


def test_an_interrupt_ends_the_jobs_of_all_and_lets_none_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "speech_to_text_finetune.py").write_text(
        "import time\nprint('begun', flush=True)\ntime.sleep(600)\n"
    )
    monkeypatch.setenv("FLYWHEEL_NEMO_SCRIPTS", str(tmp_path))
    monkeypatch.setenv("FLYWHEEL_NEMO_PYTHON", sys.executable)

    def sleep(number: int) -> Finished:
        return run_job(Job("finetune", {}, tmp_path / str(number)), CPU, Settings())

    logs = [tmp_path / str(number) / "finetune.log" for number in range(2)]

    def interrupt_when_both_are_at_work() -> None:
        while not all(log.exists() and "begun" in log.read_text() for log in logs):
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    threading.Thread(target=interrupt_when_both_are_at_work, daemon=True).start()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `&` ignores it
    try:
        with pytest.raises(KeyboardInterrupt):
            side_by_side([partial(sleep, number) for number in range(3)], at_a_time=2)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not (tmp_path / "2").exists()
    children = psutil.Process().children(recursive=True)
    assert not [one for one in children if str(tmp_path) in " ".join(one.cmdline())]
