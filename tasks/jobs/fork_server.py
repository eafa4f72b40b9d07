"""NeMo jobs as forks of one process that has imported NeMo: the first job waits for that, no other does.

The runs of a worker share such a server: each run is a process for one task, and the next one finds
NeMo imported. Other processes have a server that ends with them.
"""

from __future__ import annotations

import io
import json
import os
import queue
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from filelock import FileLock

from tasks.processes import bound
from tasks.records.files import digest

SERVER = Path(__file__).parents[1] / "nemo_jobs" / "fork_server.py"
LENGTH_DIGITS = 8
KILLED = -signal.SIGKILL
FORK_SECONDS = 0.5  # to wait for a job that is to be killed, before the server is killed instead
DEVICES = "CUDA_VISIBLE_DEVICES"  # what imports have seen of them must hold for the job
LONGEST_FOLDER = 60  # characters, as the path of a socket has at most 107
START_SECONDS = 30.0  # of a process that then listens, and imports
OF_A_WORKER = "PREFECT__FLOW_RUN_ID"  # is in the environment of the runs that a worker starts


class Server(Protocol):
    """The process that jobs are forked from, as a job's end may depend on it."""

    def kill(self) -> None: ...
    def wait(self) -> int: ...


class Forked:
    """A job in a session of its own; it has what the runner uses of a Popen."""

    def __init__(
        self,
        output: int,
        outcome: int,
        server: Server,
        errors: BinaryIO,
    ) -> None:
        self._server, self._errors = server, errors
        self.stdout = os.fdopen(output, encoding="utf-8", errors="replace")
        self._outcome = os.fdopen(outcome)
        self._reading = threading.Lock()
        self._reported: list[int] = []  # the session, then the exit code

    @property
    def pid(self) -> int:
        """The session; waits until the job is forked. Raises ProcessLookupError where it never is."""
        if not self._read(1):
            raise ProcessLookupError
        return self._reported[0]

    def lines(self) -> Iterator[str]:
        """The output of the job; where the server ended before it, the output of the server."""
        yield from self.stdout
        if not self._read(1):
            self._server.wait()
            self._errors.seek(0)
            yield from self._errors.read().decode(errors="replace").splitlines()

    def wait(self) -> int:
        """The exit code, or that of a server that ended before it; negative is the signal of the end."""
        if self._read(2):
            return self._reported[1]
        return KILLED if self._reported else self._server.wait()

    def kill(self) -> None:
        """Kill the job and its workers; where it is not forked yet, the server that would fork it."""
        if self._reported:
            os.killpg(self._reported[0], signal.SIGKILL)  # another thread may wait for the end
        elif select.select([self._outcome], [], [], FORK_SECONDS)[0]:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self._server.kill()

    def _read(self, lines: int) -> bool:
        with self._reading:
            while len(self._reported) < lines and (line := self._outcome.readline()):
                self._reported.append(int(line))
        return len(self._reported) >= lines

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.wait()
        self._outcome.close()


class ForkServer:
    """The process that has imported NeMo; it ends with this one."""

    def __init__(self, python: str, environment: Mapping[str, str]) -> None:
        self._socket, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open while a job may read it
        began: queue.Queue[OSError | None] = queue.Queue()

        def keep() -> None:
            """Start it in a thread that stays: the kernel ends it with the thread that started it."""
            try:
                self._process = subprocess.Popen(
                    bound([python, str(SERVER), str(theirs.fileno())]),
                    env=dict(environment),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=[theirs.fileno()],
                    start_new_session=True,
                )
            except OSError as error:
                began.put(error)
                return
            began.put(None)
            self._process.wait()

        threading.Thread(target=keep, name="fork-server", daemon=True).start()
        error = began.get()
        theirs.close()
        if error:
            raise error

    def fork(
        self, script: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> Forked:
        """Ask for a job; raise OSError where the server has ended."""
        output, outcome = ask(self._socket, script, arguments, folder, environment)
        return Forked(output, outcome, self._process, self._errors)

    def close(self) -> None:
        """Let it end, and its jobs with it."""
        self._socket.close()


def ask(
    server: socket.socket,
    script: Path,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
) -> tuple[int, int]:
    """Send a request; return where the job's output and what becomes of it can be read."""
    given = {"script": str(script), "arguments": list(arguments), "folder": str(folder)}
    request = json.dumps(given | {"environment": dict(environment)}).encode()
    output, printed = os.pipe()
    outcome, report = os.pipe()
    try:
        length = f"{len(request):{LENGTH_DIGITS}d}".encode()
        socket.send_fds(server, [length], [printed, report])
        server.sendall(request)
    except OSError:
        os.close(output)
        os.close(outcome)
        raise
    finally:
        os.close(printed)
        os.close(report)
    return output, outcome


class KeptServer:
    """The process that has imported NeMo for the runs of a worker; it ends soon after the worker, and
    never while a job runs. Its jobs end with who asked for them.

    Raises OSError where it cannot be started, and on another system than Linux.
    """

    def __init__(self, python: str, environment: Mapping[str, str], worker: int) -> None:
        if sys.platform != "linux":
            raise OSError("only Linux names the process at the other end of a socket")
        seen = digest(python, environment.get(DEVICES, "all"))[:12]
        self._path = _private_folder() / f"{worker}-{seen}.sock"
        with FileLock(self._path.with_suffix(".lock")):
            try:
                self._connected().close()
            except OSError:
                self._start(python, environment, worker)

    def _start(self, python: str, environment: Mapping[str, str], worker: int) -> None:
        self._path.unlink(missing_ok=True)
        server = subprocess.Popen(
            [python, str(SERVER), str(self._path), str(worker)],
            env={name: value for name, value in environment.items() if name != OF_A_WORKER},
            cwd="/",  # the folder of a run goes with it
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._path.is_socket():
            if server.poll() is not None or time.monotonic() > deadline:
                server.kill()
                raise OSError(f"{python} does not start the server of NeMo jobs")
            time.sleep(0.02)

    def fork(
        self, script: Path, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> Forked:
        """Ask for a job; raise OSError where the server has ended."""
        with self._connected() as connection:
            output, outcome = ask(connection, script, arguments, folder, environment)
        return Forked(output, outcome, self, io.BytesIO())

    def _connected(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        self.pid, _, _ = struct.unpack("3i", credentials)
        return connection

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """The code of a job that was not forked: nobody but its end can keep it from that."""
        return KILLED

    def close(self) -> None:
        """Leave it to the next run."""


def _private_folder() -> Path:
    """Return a folder that only this user can open; who reached a server could run programs."""
    temporary = tempfile.gettempdir()
    short = temporary if len(temporary) <= LONGEST_FOLDER else "/tmp"
    folder = Path(short) / f"flywheel-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o777 != 0o700:
        raise PermissionError(f"{folder} is not private")
    return folder


_starting = threading.Lock()
_servers: dict[tuple[str, str | None], ForkServer | KeptServer] = {}


def fork(
    python: str,
    script: Path,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
) -> Forked:
    """Run a script as `python script arguments` would, in a folder and an environment.

    A server is started by the first job of this process that sees these GPUs, or ahead of it, and again
    where it was killed. Raises OSError where there is no such Python.
    """
    with _starting:
        wanted = python, environment.get(DEVICES)
        if wanted in _servers:
            with suppress(OSError):
                return _servers[wanted].fork(script, arguments, folder, environment)
            _servers[wanted].close()
        _servers[wanted] = _server(python, environment)
        return _servers[wanted].fork(script, arguments, folder, environment)


def start_ahead(python: str, environment: Mapping[str, str]) -> None:
    """Start the server of these GPUs before its first job; a failure is left to that job."""
    with _starting, suppress(OSError):
        wanted = python, environment.get(DEVICES)
        if wanted not in _servers:
            _servers[wanted] = _server(python, environment)


def _server(python: str, environment: Mapping[str, str]) -> ForkServer | KeptServer:
    """Find or start the server of the worker that this is a run of, else start one of our own."""
    if OF_A_WORKER in os.environ:
        with suppress(OSError):
            return KeptServer(python, environment, os.getppid())
    return ForkServer(python, environment)
