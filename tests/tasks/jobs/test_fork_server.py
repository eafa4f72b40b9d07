"""A forked job is what `python script` would be, but for the time that imports take.

The runs of a worker share one process that has imported NeMo; nobody else can reach it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks.jobs import fork_server as fork_servers
from tasks.jobs.fork_server import Forked, ForkServer, KeptServer, fork, start_ahead
from tests.conftest import FAKES
from tests.terminal import ROOT, SECONDS

ON_CPU = os.environ | {
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONUNBUFFERED": "1",
    "FAKE_PYTHON": sys.executable,
}
WITHOUT_NEMO = str(FAKES.parent / "python")  # whose server is ready at once
DESCRIBED = """
import json, os, sys
from pathlib import Path
print(json.dumps({
    "name": __name__, "arguments": sys.argv, "folder": os.getcwd(), "given": os.environ.get("GIVEN"),
    "beside": sys.path[0], "preloaded": "nemo" in sys.modules,
}))
print("on stderr", file=sys.stderr)
"""
Run = Callable[..., Forked]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Fork a script with this body, of a server without NeMo unless another Python is named."""

    def start(body: str, *arguments: str, python: str = WITHOUT_NEMO, **environment: str) -> Forked:
        script = tmp_path / "job.py"
        script.write_text(body)
        return fork(python, script, arguments, tmp_path, ON_CPU | environment)

    return start


def outcome(job: Forked) -> tuple[int, str]:
    """The exit code of a job, and all that it printed."""
    with job:
        return job.wait(), job.stdout.read()


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_job_has_its_name_arguments_folder_environment_and_both_outputs(
    run: Run, tmp_path: Path
) -> None:
    code, printed = outcome(run(DESCRIBED, "a='x y'", "b=2", python=sys.executable, GIVEN="here"))
    described, error = printed.splitlines()
    assert (code, error) == (0, "on stderr")
    assert json.loads(described) == {
        "name": "__main__",
        "arguments": [str(tmp_path / "job.py"), "a='x y'", "b=2"],
        "folder": str(tmp_path),
        "given": "here",
        "beside": str(tmp_path),
        "preloaded": True,
    }


@pytest.mark.parametrize(
    ("body", "code", "last"),
    [
        ("raise ValueError('rows are odd')", 1, "ValueError: rows are odd"),
        ("import sys; sys.exit('FetchError: none')", 1, "FetchError: none"),
        ("import sys; sys.exit(7)", 7, ""),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit; atexit.register(print, 'done')", 0, "done"),
    ],
)
def test_a_job_ends_as_a_script_does(run: Run, body: str, code: int, last: str) -> None:
    ended, printed = outcome(run(body))
    assert ended == code
    assert (printed.splitlines() or [""])[-1] == last


def test_a_job_finds_nothing_of_the_one_before(run: Run) -> None:
    leaves = "import builtins, os; builtins.left = os.environ['LEFT'] = 'left'"
    assert outcome(run(leaves)) == (0, "")
    finds = "import builtins, os; print(hasattr(builtins, 'left'), 'LEFT' in os.environ)"
    assert outcome(run(finds)) == (0, "False False\n")


def test_an_environment_of_a_megabyte_arrives_whole(run: Run) -> None:
    given = {f"GIVEN{number}": "é" * 50_000 for number in range(10)}
    printed = outcome(run("import os; print(sum(map(len, os.environ.values())))", **given))[1]
    assert int(printed) == sum(map(len, (ON_CPU | given).values()))


def test_a_killed_session_takes_the_workers_of_the_job_along(
    run: Run, wait_for: Callable[..., Any]
) -> None:
    job = run(
        "import subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)\n"
        "time.sleep(600)\n"
    )
    worker = int(job.stdout.readline())
    job.kill()
    assert outcome(job) == (-9, "")
    wait_for(lambda: not alive(worker))


RANKS = """
import os, subprocess, sys, time
rank = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(rank.pid, flush=True)
"""


@pytest.mark.parametrize(
    ("end", "code"), [("", 0), ("os.kill(os.getpid(), 9)", -9), ("os._exit(3)", 3)]
)
def test_what_a_job_started_and_left_ends_with_it(
    run: Run, wait_for: Callable[..., Any], end: str, code: int
) -> None:
    """Ranks of further GPUs hold the job's output open, which is read to its end."""
    ended, printed = outcome(run(RANKS + end))
    assert ended == code
    wait_for(lambda: not alive(int(printed)))


def test_a_job_can_be_killed_while_another_thread_waits_for_its_end(run: Run) -> None:
    job = run("import os, time; os.close(1); os.close(2); time.sleep(600)")
    assert job.pid
    waiting = threading.Thread(target=job.wait)
    waiting.start()
    threading.Timer(0.2, job.kill).start()
    waiting.join(SECONDS)
    assert not waiting.is_alive()
    assert outcome(job) == (-9, "")


def server_of(job: Forked) -> int:
    """The server that a job was forked from, seen while the job runs; then the job is killed."""
    server = psutil.Process(job.pid).ppid()
    job.kill()
    outcome(job)
    return server


def test_a_job_that_sees_other_gpus_has_another_server(run: Run) -> None:
    waits = "import time; time.sleep(600)"
    servers = [
        server_of(run(waits, CUDA_VISIBLE_DEVICES=devices)) for devices in ("", "", "GPU-none")
    ]
    assert servers[0] == servers[1] != servers[2]


def test_the_first_job_takes_the_server_that_was_started_ahead(run: Run) -> None:
    gpu = "GPU-ahead"
    environment = ON_CPU | {"CUDA_VISIBLE_DEVICES": gpu}
    start_ahead(WITHOUT_NEMO, environment)
    start_ahead(WITHOUT_NEMO, environment)
    started = fork_servers._servers[WITHOUT_NEMO, gpu]
    assert isinstance(started, ForkServer)
    first = server_of(run("import time; time.sleep(600)", CUDA_VISIBLE_DEVICES=gpu))
    assert first == started._process.pid
    start_ahead("/no/such/python", environment)  # is the first job's error


def test_where_the_server_is_killed_its_job_was_killed_and_the_next_has_another(
    run: Run, wait_for: Callable[..., Any]
) -> None:
    job = run("import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    here = int(job.stdout.readline())
    server = psutil.Process(job.pid).ppid()
    os.kill(server, signal.SIGKILL)
    assert outcome(job) == (-9, "")
    wait_for(lambda: not alive(here))
    wait_for(lambda: not psutil.pid_exists(server))  # no thread of it holds the socket any more
    assert outcome(run("print('again')")) == (0, "again\n")


def test_a_job_is_killed_also_while_the_imports_hang(tmp_path: Path) -> None:
    hangs = tmp_path / "python"
    hangs.write_text("#!/bin/sh\nexec sleep 600\n")
    hangs.chmod(0o755)
    server = ForkServer(str(hangs), ON_CPU)
    job = server.fork(tmp_path / "job.py", [], tmp_path, ON_CPU)
    job.kill()
    assert outcome(job) == (-9, "")


def test_where_an_import_ends_the_server_its_code_and_last_words_are_those_of_the_job(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'undefined symbol: cublasLt' >&2\nexit 127\n")
    broken.chmod(0o755)
    job = ForkServer(str(broken), ON_CPU).fork(tmp_path / "job.py", [], tmp_path, ON_CPU)
    with job:
        assert list(job.lines()) == ["undefined symbol: cublasLt"]
        assert job.wait() == 127


def test_a_python_that_is_not_there_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ForkServer(str(tmp_path / "python"), ON_CPU)


STARTED = """
import os, sys, time
from pathlib import Path
from tasks.jobs.fork_server import fork
job = fork(sys.argv[2], Path(sys.argv[1]), [], Path(sys.argv[1]).parent, os.environ)
print(job.stdout.readline().strip(), job.pid, flush=True)
time.sleep(600)
"""


def test_kill_9_of_the_process_that_started_it_leaves_neither_server_nor_job(
    tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    script = tmp_path / "job.py"
    script.write_text(
        "import os, subprocess, sys, time\n"
        "rank = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(os.getpid(), rank.pid, flush=True); time.sleep(600)\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-c", STARTED, str(script), WITHOUT_NEMO]
    with subprocess.Popen(command, env=ON_CPU, cwd=ROOT, stdout=subprocess.PIPE, text=True) as one:
        assert one.stdout is not None
        job, rank, session = map(int, one.stdout.readline().split())
        server = psutil.Process(session).ppid()
        one.kill()
    wait_for(lambda: not any(map(alive, (job, rank, session, server))))


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
from tasks.jobs.fork_server import KeptServer
script, worker = Path(sys.argv[1]), int(sys.argv[2])
job = KeptServer(sys.executable, os.environ, worker).fork(script, [], script.parent, os.environ)
print(job.stdout.readline().strip(), job.pid, flush=True)
job.wait()
"""


SLOW_TO_LISTEN = """
import socket, time
class Slow(socket.socket):
    def listen(self, *given):
        time.sleep(0.5)
        super().listen(*given)
socket.socket = Slow
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


def test_a_kept_server_is_asked_once_it_listens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_TO_LISTEN)
    (tmp_path / "job.py").write_text("print('done')")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = f"{tmp_path}:{FAKES.parent / 'without_nemo'}"
    server = KeptServer(sys.executable, ON_CPU | {"PYTHONPATH": path}, os.getpid())
    job = server.fork(tmp_path / "job.py", [], tmp_path, ON_CPU)
    assert outcome(job) == (0, "done\n")
    server.kill()


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
