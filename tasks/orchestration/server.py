"""Prefect's temporary server, which runs where none is configured, ends with this process."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from prefect.settings import (
    PREFECT_API_DATABASE_CONNECTION_URL,
    PREFECT_API_URL,
    PREFECT_HOME,
    get_current_settings,
)
from sqlalchemy import make_url

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.bars import bars
from tasks.orchestration.outage import outage_survived, short_patience
from tasks.processes import bound

ENVIRONMENT = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
}

_servers: list[Any] = []  # the one that this process started


@contextmanager
def on_prefect(is_done: Callable[[], bool] = lambda: False) -> Iterator[None]:
    """Let a command run flows inside: on the server that is configured or its own, with bars.

    A server that goes away fails it only where the work is not done.
    """
    start_own_server()
    with short_patience(), outage_survived(is_done), bars():
        yield


def start_own_server() -> None:
    """Start the temporary server unless another is configured; call from the main thread.

    It does not receive the terminal's Ctrl-C, so that Prefect can still record what was
    interrupted, and does not outlive a kill -9 of this process. Raises InvalidInput where Prefect
    cannot have its database, for which it would else try for minutes.
    """
    if PREFECT_API_URL.value() or any(server.running for server in _servers):
        return
    check_database(PREFECT_HOME.value(), PREFECT_API_DATABASE_CONNECTION_URL.value())
    port = _free_port()
    begun = [_serve(port)]
    # takes as many seconds to load as the server takes to start
    from prefect.server.api.server import SubprocessASGIServer

    class OwnServer(SubprocessASGIServer):
        def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
            assert self.port is not None
            return begun.pop() if begun else _serve(self.port)

    server = OwnServer()  # Prefect finds the one that was made first
    server.port = port
    server.start()
    _servers.append(server)


def _serve(port: int) -> subprocess.Popen[Any]:
    """Start the server; the terminal is the command's, also while the server ends.

    What it prints is read where it does not start, by Prefect; FLYWHEEL_TRACEBACK=1 shows it.
    """
    settings = get_current_settings().to_environment_variables(exclude_unset=True)
    listen = ["--host", "127.0.0.1", "--port", str(port)]
    application = "prefect.server.api.server:create_app"
    quiet = ["--log-level", "error", "--lifespan", "on"]
    with tempfile.NamedTemporaryFile() as printed:
        server: subprocess.Popen[Any] = subprocess.Popen(
            bound([sys.executable, "-m", "uvicorn", *listen, *quiet, "--factory", application]),
            env=os.environ | ENVIRONMENT | settings,
            stderr=None if os.environ.get("FLYWHEEL_TRACEBACK") else printed,
            start_new_session=True,
        )
        server.stderr = Path(printed.name).open(errors="replace")  # noqa: SIM115 - for Prefect
    return server


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def check_database(home: Path, url: str | None) -> None:
    """Raise InvalidInput unless Prefect can write its home, and open its database where that is a file."""
    at = make_url(url or "sqlite://")
    file = at.database if at.get_backend_name() == "sqlite" else None
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
        with closing(sqlite3.connect(file or ":memory:")) as database:
            database.execute("PRAGMA schema_version")
    except (OSError, sqlite3.Error) as error:
        sentence = f"expected a folder that Prefect can keep its database in; {home} is none"
        raise InvalidInput([Fault(f"{sentence} ({error})", "PREFECT_HOME")]) from None
