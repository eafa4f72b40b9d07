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
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from tasks.processes import bound

SERVER = Path(__file__).parents[1] / "nemo_jobs" / "fork_server.py"
LENGTH_DIGITS = 8
KILLED = -signal.SIGKILL
FORK_SECONDS = 0.5  # to wait for a job that is to be killed, before the server is killed instead
DEVICES = "CUDA_VISIBLE_DEVICES"  # what imports have seen of them must hold for the job


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
        elif select.select([self._outcome], [], [], FORK_SECONDS)[0]:
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
    outcome, told = os.pipe()
    try:
        length = f"{len(request):{LENGTH_DIGITS}d}".encode()
        socket.send_fds(server, [length], [printed, told])
        server.sendall(request)
    except OSError:
        os.close(output)
        os.close(outcome)
        raise
    finally:
        os.close(printed)
        os.close(told)
    return output, outcome
