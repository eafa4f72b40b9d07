"""A run lists what it skipped and how to run it; on CI it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.skips import by_reason
from tests.terminal import ROOT

SKIPS = """
import pytest
from tests.skips import missing

@pytest.mark.parametrize("number", range(3))
def test_needs_a_tool(number):
    missing("rsync is not installed", "apt-get install rsync")
"""


def test_the_reasons_are_counted_the_most_frequent_first() -> None:
    reasons = ["Skipped: no tool: get it", "Skipped: no torch: pip", "Skipped: no tool: get it"]
    reports = [SimpleNamespace(longrepr=("test_a.py", 1, reason)) for reason in reasons]
    assert by_reason(reports) == ["   2 skipped: no tool: get it", "   1 skipped: no torch: pip"]


@pytest.mark.parametrize("workers", ["0", "2"])
@pytest.mark.parametrize(("ci", "code"), [("", 0), ("1", 1)])
def test_a_run_lists_what_it_skipped_and_fails_on_ci(
    tmp_path: Path, workers: str, ci: str, code: int
) -> None:
    (tmp_path / "test_skipping.py").write_text(SKIPS)
    (tmp_path / "conftest.py").write_text(
        "from tests.skips import pytest_sessionfinish, pytest_terminal_summary\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", workers, "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path, env=os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert "   3 skipped: rsync is not installed: apt-get install rsync" in done.stdout
    assert done.returncode == code, done.stdout
