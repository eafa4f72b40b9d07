"""Every module that runs has --help, or says in a sentence how it is started."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.terminal import ROOT

SCRIPTS = [
    path
    for path in sorted([*ROOT.glob("reference/*.py"), *ROOT.glob("benchmarks/*.py")])
    if '__name__ == "__main__"' in path.read_text(encoding="utf-8")
]
FLOWS = [
    f"flows.{path.stem}" for path in sorted(ROOT.glob("flows/*.py")) if path.stem != "__init__"
]
COMMANDS = [["-m", name] for name in FLOWS] + [[str(path.relative_to(ROOT))] for path in SCRIPTS]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[-1])
def test_help_is_given_or_one_sentence(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, *command, "--help"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode == 0:
        assert done.stdout.startswith("usage: ")
    else:
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.endswith(".\n")
