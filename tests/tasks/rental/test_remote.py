"""The commands of a machine, run by a real shell: no value is taken for a command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tasks.rental.remote import (
    LOOK,
    machine_name,
    make_folders,
    read_look,
    start_cycle,
    startup_script,
)

HOSTILE = "a b; touch pwned $(touch pwned) `touch pwned` ' \" & * \\"


def bash(command: str, home: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=home, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_folders_are_made_whatever_their_names(tmp_path: Path) -> None:
    (tmp_path / HOSTILE).mkdir()
    bash(make_folders([str(tmp_path / HOSTILE)]), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {HOSTILE, "flywheel-rental"}
    assert (tmp_path / "flywheel-rental/code").is_dir()


def test_a_cycle_is_started_with_its_values_as_they_are_and_leaves_its_exit_code(
    tmp_path: Path,
) -> None:
    python = tmp_path / "flywheel-rental/code/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "%s|" "$@" "$FLYWHEEL_IMAGE" >given\necho done\nexit 3\n')
    python.chmod(0o755)
    bash(start_cycle(f"/{HOSTILE}", 2, HOSTILE), tmp_path)
    look = read_look(
        bash(f"until [ -e flywheel-rental/exit ]; do sleep 0.05; done; {LOOK}", tmp_path)
    )
    assert (look.exit_code, look.line) == (3, "done")
    given = (python.parents[2] / "given").read_text().split("|")
    assert given == ["-m", "flows.cycle", "--workspace", f"/{HOSTILE}", "--cycle", "2", HOSTILE, ""]
    assert not [*tmp_path.rglob("pwned")]


def test_a_cycle_at_work_has_no_exit_code_and_the_last_line_of_a_bar(tmp_path: Path) -> None:
    (tmp_path / "flywheel-rental").mkdir()
    (tmp_path / "flywheel-rental/log").write_text("started\nstep 1\rstep 2\r\n")
    look = read_look(bash(LOOK, tmp_path))
    assert (look.exit_code, look.line) == (None, "step 2")


@pytest.mark.parametrize("name", ["", "-", HOSTILE, "Ärzte", "x" * 200])
def test_the_name_of_a_machine_is_one_that_providers_and_ssh_take(name: str) -> None:
    made = machine_name(name, 12, "a1b2c3")
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert made.startswith("flywheel-")
    assert len(made) < 64
    assert "--" not in made


def test_the_startup_script_shuts_down_in_whole_minutes() -> None:
    assert startup_script(0.501).splitlines()[-1] == "sudo shutdown -h +31"
