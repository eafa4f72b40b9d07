"""The runs of a worker share one process that has imported NeMo; nobody else can reach it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks.jobs.kept_server import KeptServer
from tests.terminal import ROOT

ON_CPU = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONUNBUFFERED": "1"}


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


class Worker:
    """A worker, whose runs are processes that ask for a job and then wait."""

    def __init__(self, script: Path) -> None:
        self._script = script
        self._process = subprocess.Popen(["sleep", "600"])
        self.pid = self._process.pid

    def run(self) -> tuple[subprocess.Popen[str], int, int]:
        """Start a run; return it with its job and the server."""
        command = [sys.executable, "-c", OF_WORKER, str(self._script), str(self.pid)]
        environment = ON_CPU | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests/fakes/without_nemo'}"}
        started = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert started.stdout is not None
        job, session = map(int, started.stdout.readline().split())
        return started, job, psutil.Process(session).ppid()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()


OF_WORKER = """
import os, sys, time
from pathlib import Path
from tasks.jobs.kept_server import KeptServer
script, worker = Path(sys.argv[1]), int(sys.argv[2])
job = KeptServer(sys.executable, os.environ, worker).fork(script, [], script.parent, os.environ)
print(job.stdout.readline().strip(), job.pid, flush=True)
job.wait()
"""


def test_runs_of_one_worker_share_a_server_that_ends_after_it_and_after_their_jobs(
    tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    script = tmp_path / "job.py"
    script.write_text("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    worker, other = Worker(script), Worker(script)
    (first, job, server), (second, later, same) = worker.run(), worker.run()
    third, elsewhere, another = other.run()
    assert server == same != another
    first.kill()
    wait_for(lambda: not alive(job))  # it ends with the run that asked for it, and no other does
    worker.end()
    assert [alive(one) for one in (server, later, elsewhere)] == [True] * 3
    second.kill()
    wait_for(lambda: not alive(later) and not alive(server))
    third.kill()
    other.end()
    wait_for(lambda: not alive(another))


def test_a_folder_that_others_can_open_holds_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(
        dir="/tmp"
    ) as short:  # a socket's name may have 108 characters
        monkeypatch.setattr("tempfile.tempdir", short)
        Path(short, f"flywheel-{os.getuid()}").mkdir(mode=0o755)
        with pytest.raises(PermissionError, match="is not private"):
            KeptServer(sys.executable, ON_CPU, os.getpid())


def test_a_kept_server_that_does_not_start_is_an_error_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(OSError, match="does not start the server"):
        KeptServer("/bin/false", ON_CPU, os.getpid())
