"""The temporary server of a command; tests/flows/test_interrupt.py starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tasks.domain.errors import InvalidInput
from tasks.orchestration import server
from tasks.orchestration.server import check_database, start_own_server

ROOT = Path(__file__).parents[3]
TWICE = """
import psutil
from prefect.client.orchestration import get_client
from tasks.orchestration.server import start_own_server
start_own_server()
start_own_server()
with get_client(sync_client=True) as client:
    assert client.api_healthcheck() is None
print(len(psutil.Process().children()))
"""


@pytest.mark.usefixtures("prefect_server")
def test_no_server_is_started_where_one_is_configured() -> None:
    before = psutil.Process().children()
    start_own_server()
    assert psutil.Process().children() == before


def test_one_server_is_started_however_often_it_is_asked_for(tmp_path: Path) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "PREFECT_API_URL"}
    environment |= {"PREFECT_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", TWICE]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.splitlines()[-1] == "1"


@pytest.mark.parametrize(
    ("traceback", "shown", "read"),
    [("", "", "Task was destroyed\n"), ("1", "Task was destroyed\n", "")],
)
def test_what_the_server_prints_is_no_line_of_the_command(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    traceback: str,
    shown: str,
    read: str,
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho Task was destroyed >&2\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("FLYWHEEL_TRACEBACK", traceback)
    with server._serve(1) as process:
        process.wait()
        assert process.stderr is not None
        assert process.stderr.read() == read
    assert capfd.readouterr().err == shown


def database_of(home: Path) -> str:
    return f"sqlite+aiosqlite:///{home}/prefect.db"


def make_file(home: Path) -> None:
    home.write_text("")


def make_garbage(home: Path) -> None:
    home.mkdir()
    (home / "prefect.db").write_text("no database" * 100)


def make_folder(home: Path) -> None:
    (home / "prefect.db").mkdir(parents=True)


@pytest.mark.parametrize("make", [make_file, make_garbage, make_folder])
def test_a_home_that_prefect_cannot_use_is_one_sentence(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    make(home)
    with pytest.raises(InvalidInput) as raised:
        check_database(home, database_of(home))
    (fault,) = raised.value.faults
    assert str(fault).startswith("PREFECT_HOME: expected a folder that Prefect can keep its")


def test_a_home_that_is_not_there_yet_is_made_and_a_database_elsewhere_is_left_alone(
    tmp_path: Path,
) -> None:
    check_database(tmp_path / "a/home", database_of(tmp_path / "a/home"))
    check_database(tmp_path / "b", "postgresql+asyncpg://prefect:secret@nowhere/prefect")
    assert list((tmp_path / "b").iterdir()) == []


def test_a_command_with_such_a_home_ends_at_once_as_invalid_input(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    (root / "file").write_text("")
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    environment = os.environ | {"PREFECT_HOME": str(root / "file")}
    environment.pop("PREFECT_API_URL", None)
    done = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 2), done.stderr
    assert "PREFECT_HOME: expected a folder" in done.stderr
    assert not (root / "cycle1/gate.json").exists()
