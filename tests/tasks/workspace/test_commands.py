"""Every command that an output names is one that runs here as it is."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.workspace.commands import (
    approve_command,
    audition_command,
    build_command,
    check_command,
    cycle_command,
)

COMMANDS = (audition_command, build_command, cycle_command, approve_command)


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_console_script_a_command_names_the_interpreter_that_runs_now(
    command: Callable[[Path, int], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", "/elsewhere/python")
    python, *rest = shlex.split(command(Path("/w/my flywheel"), 3))
    assert python == sys.executable
    assert rest[2:6] == ["--workspace", "/w/my flywheel", "--cycle", "3"]


@pytest.mark.parametrize(
    ("path", "program"), [("", ".venv/bin/flywheel"), (".venv/bin", "flywheel")]
)
def test_the_console_script_is_named_by_its_path_unless_it_is_on_the_path(
    path: str, program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / ".venv/bin/flywheel"
    script.parent.mkdir(parents=True)
    script.write_text("")
    script.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(script.with_name("python")))
    monkeypatch.setenv("PATH", str(tmp_path / path) if path else "/nowhere")
    assert build_command(Path("my flywheel"), 2) == f"{program} build 'my flywheel' 2"


def test_an_interpreter_under_this_folder_is_named_from_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv/bin/python"))
    command = ".venv/bin/python -m flows.build --workspace w --cycle 2"
    assert build_command(Path("w"), 2) == command


def test_a_check_is_named_with_what_it_compares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/elsewhere/python")
    command = check_command(Path("/w"), 2, "hypotheses", "int8 of may.jsonl")
    where = "/elsewhere/python -m flows.hand_off --workspace /w --cycle 2"
    assert command == f"{where} --check --hypotheses 'int8 of may.jsonl'"
