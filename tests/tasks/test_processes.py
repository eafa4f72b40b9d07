"""A process that is interrupted prints one sentence and takes with it all that it started."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tasks.processes import bound
from tests.faults.trials import still_alive
from tests.terminal import SECONDS

ROOT = Path(__file__).parents[2]
STUBBORN = """
import subprocess, sys, time
from tasks.processes import interruptible

child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
with interruptible(lambda: "Stopped."):
    print(subprocess.Popen([sys.executable, "-c", child]).pid, flush=True)
    try:
        time.sleep(600)
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
SERVES = """
import time
from tasks.processes import interruptible, until_interrupted

with interruptible(lambda: "Stopped."):
    for _ in range(2):
        with until_interrupted():
            print("serves", flush=True)
            time.sleep(600)
    print("goes on", flush=True)
    time.sleep(600)
"""
KEPT = """
import subprocess, sys, time
from tasks.processes import bound

process = subprocess.Popen(bound([sys.executable, "-c", "import time; time.sleep(600)"]))
while "-I" in open(f"/proc/{process.pid}/cmdline").read().split("\\0"):
    time.sleep(0.01)
print(process.pid, flush=True)
time.sleep(600)
"""
BESIDE_GRPC = """
import os, subprocess
from concurrent import futures
import grpc
from tasks.processes import bound

server = grpc.server(futures.ThreadPoolExecutor(4))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
channel = grpc.insecure_channel(f"127.0.0.1:{port}")
grpc.channel_ready_future(channel).result(300)
print([subprocess.run(bound(["true"])).returncode for _ in range(200)])
os._exit(0)
"""


def start(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("unwinding", [0, 600])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_process_ends_with_its_children_however_long_it_would_unwind(
    number: signal.Signals, code: int, unwinding: int
) -> None:
    process = start(STUBBORN.format(unwinding=unwinding))
    assert process.stdout
    child = psutil.Process(int(process.stdout.readline()))
    process.send_signal(number)
    process.send_signal(number)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == code
    assert errors == "Stopped.\n"
    assert not still_alive([child])


def test_an_interrupted_process_ends_also_where_nobody_reads_what_it_prints() -> None:
    process = start(STUBBORN.format(unwinding=600))
    assert process.stdout
    assert process.stderr
    child = psutil.Process(int(process.stdout.readline()))
    process.stderr.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 130
    assert not still_alive([child])
    process.stdout.close()


def test_what_is_ended_by_a_signal_leaves_the_rest_to_go_on_until_the_next() -> None:
    process = start(SERVES)
    assert process.stdout
    for line, number in (("serves", signal.SIGINT), ("serves", signal.SIGTERM), ("goes on", 2)):
        assert process.stdout.readline() == f"{line}\n"
        process.send_signal(number)
    assert process.communicate(timeout=SECONDS)[1] == "Stopped.\n"
    assert process.returncode == 130


def test_without_a_signal_the_handlers_are_as_they_were() -> None:
    process = start(UNTOUCHED)
    assert process.communicate(timeout=SECONDS) == ("", "")
    assert process.returncode == 0


def test_what_leaves_at_once_waits_for_no_thread_and_loses_no_word() -> None:
    waits = "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
    leaves = "from tasks.processes import leave_at_once; print('a word', end=''); leave_at_once(3)"
    process = start(f"{waits}\n{leaves}")
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (3, "a word")


@pytest.mark.skipif(
    sys.platform != "linux", reason="the kernel of Linux alone does this: run it on Linux"
)
def test_a_bound_process_is_killed_with_the_one_that_started_it() -> None:
    parent = start(KEPT)
    assert parent.stdout
    child = psutil.Process(int(parent.stdout.readline()))
    assert child.name().startswith("python")
    parent.kill()
    parent.communicate(timeout=SECONDS)
    assert not still_alive([child])


def test_a_bound_program_has_its_arguments_and_its_own_answer_to_a_closed_pipe() -> None:
    shown = "import sys; print(sys.argv[1:])"
    command = bound([sys.executable, "-c", shown, "a b", "'", "--", "-c"])
    assert subprocess.check_output(command, text=True) == "['a b', \"'\", '--', '-c']\n"
    done = subprocess.run(bound(["sh", "-c", "kill -PIPE $$"]), check=False)
    assert done.returncode == -signal.SIGPIPE


def test_a_program_that_is_not_there_is_refused_before_a_process_is_started() -> None:
    with pytest.raises(FileNotFoundError, match="no-such-program"):
        bound(["no-such-program"])


def test_beside_grpc_every_bound_process_runs() -> None:
    """With `preexec_fn`, 9 of 400 were aborted by gRPC's handlers of a fork."""
    out, errors = start(BESIDE_GRPC).communicate(timeout=SECONDS)
    assert out == f"{[0] * 200}\n", errors
