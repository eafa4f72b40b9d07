"""NeMo jobs as forks of one process that has imported NeMo: the first job waits for that, no other does."""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Self

from tasks.processes import bound

SERVER = Path(__file__).parents[1] / "nemo_jobs" / "fork_server.py"
LENGTH_DIGITS = 8
KILLED = -signal.SIGKILL
DEVICES = "CUDA_VISIBLE_DEVICES"  # what imports have seen of them must hold for the job


class Forked:
    """A job in a session of its own; it has what the runner uses of a Popen."""

    def __init__(
        self, output: int, outcome: int, server: subprocess.Popen[bytes], errors: BinaryIO
    ) -> None:
        self._server, self._errors = server, errors
        self.stdout = os.fdopen(output, encoding="utf-8", errors="replace")
        self._outcome = os.fdopen(outcome)
        self._reading = threading.Lock()
        self._told: list[int] = []  # the session, then the exit code

    @property
    def pid(self) -> int:
        """The session; waits until the job is forked. Raises ProcessLookupError where it never is."""
        if not self._read(1):
            raise ProcessLookupError
        return self._told[0]

    def lines(self) -> Iterator[str]:
        """What the job prints; where the server ended before it, what that had printed."""
        yield from self.stdout
        if not self._read(1):
            self._server.wait()
            self._errors.seek(0)
            yield from self._errors.read().decode(errors="replace").splitlines()

    def wait(self) -> int:
        """The exit code, or that of a server that ended before it; negative is the signal of the end."""
        if self._read(2):
            return self._told[1]
        return KILLED if self._told else self._server.wait()

    def kill(self) -> None:
        """Kill the job and its workers; where it is not forked yet, the server that would fork it."""
        if self._told:
            os.killpg(self._told[0], signal.SIGKILL)  # another thread may wait for the end
        elif select.select([self._outcome], [], [], 0)[0]:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            self._server.kill()

    def _read(self, lines: int) -> bool:
        with self._reading:
            while len(self._told) < lines and (line := self._outcome.readline()):
                self._told.append(int(line))
        return len(self._told) >= lines

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
        given = {"script": str(script), "arguments": list(arguments), "folder": str(folder)}
        request = json.dumps(given | {"environment": dict(environment)}).encode()
        output, printed = os.pipe()
        outcome, told = os.pipe()
        try:
            length = f"{len(request):{LENGTH_DIGITS}d}".encode()
            socket.send_fds(self._socket, [length], [printed, told])
            self._socket.sendall(request)
        except OSError:
            os.close(output)
            os.close(outcome)
            raise
        finally:
            os.close(printed)
            os.close(told)
        return Forked(output, outcome, self._process, self._errors)

    def close(self) -> None:
        """Let it end, and its jobs with it."""
        self._socket.close()


_starting = threading.Lock()
_servers: dict[tuple[str, str | None], ForkServer] = {}


def fork(
    python: str,
    script: Path,
    arguments: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
) -> Forked:
    """Run a script as `python script arguments` would, in a folder and an environment.

    A server is started by the first job of this process that sees these GPUs, and anew where it was
    killed. Raises OSError where there is no such Python.
    """
    with _starting:
        wanted = python, environment.get(DEVICES)
        if wanted in _servers:
            with suppress(OSError):
                return _servers[wanted].fork(script, arguments, folder, environment)
            _servers[wanted].close()
        _servers[wanted] = ForkServer(python, environment)
        return _servers[wanted].fork(script, arguments, folder, environment)
