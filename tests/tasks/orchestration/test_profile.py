"""Settings of Prefect that it cannot read end a command in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.orchestration.profile import fault_of

ROOT = Path(__file__).parents[3]


def cycle(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(home), "--cycle", "1"]
    given = os.environ | {"PREFECT_HOME": str(home)} | environment
    return subprocess.run(
        command, env=given, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_broken_file_of_profiles_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    profiles.write_text("active = [\n")
    done = cycle(tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        "Invalid input, 1 fault; nothing was written:",
        f"  {profiles}: expected Prefect's profiles as TOML: Invalid value (at end of document)",
    ]


def test_a_setting_that_prefect_refuses_is_named_without_its_value(tmp_path: Path) -> None:
    done = cycle(tmp_path, PREFECT_CLIENT_MAX_RETRIES="sesame")
    assert done.returncode == 2
    assert "max_retries: Input should be a valid integer" in done.stderr
    assert "sesame" not in done.stderr


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a = 1\na = 2\n", b"[profiles"])
def test_what_is_no_toml_is_a_fault(content: bytes, tmp_path: Path) -> None:
    profiles = tmp_path / "profiles.toml"
    assert fault_of(profiles) == ""
    profiles.write_bytes(content)
    assert fault_of(profiles).startswith(f"{profiles}: expected Prefect's profiles as TOML: ")


def test_a_pipe_is_no_file_of_profiles(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "profiles.toml")
    assert fault_of(tmp_path / "profiles.toml").endswith("expected a file of Prefect's profiles")
