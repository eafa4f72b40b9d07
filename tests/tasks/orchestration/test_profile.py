"""A file of profiles that Prefect cannot read ends a command in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.orchestration.profile import fault_of

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
