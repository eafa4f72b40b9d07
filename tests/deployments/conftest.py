"""A real server with a real worker on each pool, as `make up` starts them, on fake NeMo scripts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient

from tests.conftest import ON_FAKES
from tests.prefect_database import copy_database

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SLOWEST_ANSWER = 600.0  # seconds: SQLite has one writer, and a test machine two cores


@dataclass(frozen=True)
class Deployed:
    """A running deployment: its state folder, its API, and the environment of who may use it."""

    state: Path
    api: str
    environment: dict[str, str]

    @property
    def login(self) -> tuple[str, str]:
        name, _, password = (self.state / "login").read_text().strip().partition(":")
        return name, password

    def prefect(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [str(BIN / "prefect"), "--no-prompt", *arguments]
        return subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=check
        )

    def ask(self, path: str, **body: object) -> list[dict[str, Any]]:
        """Ask the server's API for a list, which costs no process."""
        return list(self.post(path, **body).raise_for_status().json())

    @cached_property
    def session(self) -> httpx.Client:
        """A client with one token against forgery, for the server writes each token to its database."""
        client = str(uuid.uuid4())
        session = httpx.Client(auth=self.login, timeout=SLOWEST_ANSWER)
        asked = session.get(f"{self.api}/csrf-token", params={"client": client}).raise_for_status()
        session.headers["Prefect-Csrf-Token"] = asked.json()["token"]
        session.headers["Prefect-Csrf-Client"] = client
        return session

    def post(self, path: str, **body: object) -> httpx.Response:
        """Send to the server's API as Prefect's own UI does."""
        return self.session.post(f"{self.api}/{path}", json=body)

    def client(self) -> SyncPrefectClient:
        """A client of Prefect's own, with the login."""
        password = ":".join(self.login)
        return SyncPrefectClient(
            self.api, auth_string=password, httpx_settings={"timeout": SLOWEST_ANSWER}
        )

    @contextmanager
    def worker(self, pool: str, checkout: Path) -> Iterator[Path]:
        """Run one more worker, which imports another checkout; return its log, and kill it at the end."""
        log = checkout / "worker.log"
        command = [
            str(BIN / "prefect"),
            "worker",
            "start",
            "--pool",
            pool,
            "--install-policy",
            "never",
        ]
        path = f"{BIN}:{self.environment['PATH']}"
        environment = self.environment | {"PYTHONPATH": str(checkout), "PATH": path}
        with log.open("w") as file:
            process = subprocess.Popen(
                command,
                env=environment,
                cwd=checkout,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        try:
            yield log
        finally:
            process.kill()
            process.wait()

    def watch(self, run: str) -> subprocess.Popen[bytes]:
        """Follow a run to its end."""
        environment = self.environment | {"PATH": f"{BIN}:{self.environment['PATH']}"}
        return subprocess.Popen(["bash", "deployments/watch.sh", run], env=environment, cwd=ROOT)

    def up(self, **more: str) -> str:
        """Return what it prints."""
        script, environment = ["bash", "deployments/up.sh"], self.environment | more
        done = subprocess.run(
            script, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def down(self) -> None:
        script = ["bash", "deployments/down.sh"]
        subprocess.run(script, env=self.environment, cwd=ROOT, check=True)

    def pid(self, name: str) -> int:
        return int((self.state / f"{name}.pid").read_text())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    state = tmp_path_factory.mktemp("deployed")
    port = free_port()
    environment = (
        os.environ
        | ON_FAKES
        | {
            "FLYWHEEL_STATE": str(state),
            "PREFECT_HOME": str(state),
            "PORT": str(port),
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "VENV": str(Path(sys.executable).parents[1]),
            "FAKE_MISSES": "0.2",
        }
    )
    one = Deployed(state, f"http://127.0.0.1:{port}/api", environment)
    copy_database(state)
    one.up()
    yield one
    one.down()
