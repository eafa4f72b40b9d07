"""A server of NeMo jobs that the runs of a worker share: each run is a process for one task.

The next run of the worker finds NeMo imported. Other processes have a server that ends with them.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from tasks.jobs.fork_server import DEVICES, KILLED, SERVER, Forked, ForkServer, ask
from tasks.records.files import digest

LONGEST_FOLDER = 70  # characters, as the path of a socket has at most 107
START_SECONDS = 30.0  # of a process that then listens, and imports
OF_A_WORKER = "PREFECT__FLOW_RUN_ID"  # is in the environment of the runs that a worker starts


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

    A server is started by the first job of this process that sees these GPUs, and again where it was
    killed. Raises OSError where there is no such Python.
    """
    with _starting:
        wanted = python, environment.get(DEVICES)
        if wanted in _servers:
            with suppress(OSError):
                return _servers[wanted].fork(script, arguments, folder, environment)
            _servers[wanted].close()
        _servers[wanted] = _server(python, environment)
        return _servers[wanted].fork(script, arguments, folder, environment)


def _server(python: str, environment: Mapping[str, str]) -> ForkServer | KeptServer:
    """Find or start the server of the worker that this is a run of, else start one of our own."""
    if OF_A_WORKER in os.environ:
        with suppress(OSError):
            return KeptServer(python, environment, os.getppid())
    return ForkServer(python, environment)
