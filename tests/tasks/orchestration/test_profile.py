"""A file of profiles that Prefect cannot read ends a command in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.orchestration.profile import api_url, fault_of, prepare_prefect

ROOT = Path(__file__).parents[3]


def test_a_broken_file_of_profiles_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    profiles.write_text("active = [\n")
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(tmp_path), "--cycle", "1"]
    home = os.environ | {"PREFECT_HOME": str(tmp_path)}
    done = subprocess.run(
        command, env=home, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "Invalid input, 1 fault; nothing was written:",
        f"  {profiles}: expected Prefect's profiles as TOML: Invalid value (at end of document)",
    ]


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\na = 2\n", b"[profiles"])
def test_what_is_no_toml_is_a_fault(content: bytes, tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    assert fault_of(profiles) == ""
    profiles.write_bytes(content)
    assert fault_of(profiles).startswith(f"{profiles}: expected Prefect's profiles as TOML: ")


def test_a_pipe_is_no_file_of_profiles(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "profiles.toml")
    assert fault_of(tmp_path / "profiles.toml").endswith("expected a file of Prefect's profiles")


def test_what_a_person_set_for_prefect_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    startup = "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"
    monkeypatch.setenv(startup, "7")
    monkeypatch.delenv("PREFECT_SERVER_ANALYTICS_ENABLED")
    prepare_prefect()
    assert os.environ[startup] == "7"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"


PROFILES = """
active = "team"
[profiles.team]
PREFECT_API_URL = "http://team:4200/api"
[profiles.own]
"""


@pytest.mark.parametrize(
    ("environment", "url"),
    [
        ({}, "http://team:4200/api"),
        ({"PREFECT_PROFILE": "own"}, None),
        ({"PREFECT_API_URL": "http://here/api"}, "http://here/api"),
    ],
)
def test_the_server_is_that_of_the_environment_or_of_the_active_profile(
    environment: dict[str, str], url: str | None, tmp_path: Path
) -> None:
    environment["PREFECT_HOME"] = str(tmp_path)
    assert api_url({"PREFECT_HOME": str(tmp_path)}) is None
    (tmp_path / "profiles.toml").write_text(PROFILES)
    assert api_url(environment) == url
