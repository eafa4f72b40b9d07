"""`flywheel doctor` prints a line for each check, and never fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from flows.cli import main
from tests.terminal import ROOT


def test_every_check_is_a_line_and_a_record(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert [line.split()[1] for line in lines] == [check["name"] for check in checks]
    for name in ("Python", "NeMo", "torch", "GPU", "Docker", "Disk", "Prefect"):
        assert name in {check["name"] for check in checks}


def test_what_is_wrong_with_the_environment_is_a_line_and_nothing_heavy_is_loaded() -> None:
    code = "import sys; from flows.cli import main; print(main(['doctor'])); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"FLYWHEEL_RUNNER": "submarine"},
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, code_line, modules = done.stdout.splitlines()
    assert code_line == "0"
    assert any(line.startswith("missing Settings") for line in lines)
    assert not {name.split(".")[0] for name in modules.split()} & {"torch", "nemo", "prefect"}
