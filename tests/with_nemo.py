"""NeMo and torch for tests: scripts run as forks of one process that has imported NeMo for all workers
of a test run, and torch is imported by the first test that uses it, not by every worker that collects."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tasks.jobs.fork_server import Forked, KeptServer, fork
from tests.terminal import ROOT

XDIST_WORKER = "PYTEST_XDIST_WORKER"  # is in the environment of the processes of `pytest -n`
needs_nemo = pytest.mark.skipif(
    importlib.util.find_spec("nemo") is None, reason="no NeMo: pip install -e '.[nemo]'"
)
ON_CPU = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}


class Torch:
    """Torch, imported when it is first used; a test that does is skipped where it is not installed."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "pytestmark":  # pytest asks each name of a module for it
            raise AttributeError(name)
        found = pytest.importorskip("torch", reason="no torch: pip install -e '.[nemo]'")
        return getattr(found, name)


torch = Torch()


def run_with_nemo(script: Path, *arguments: object) -> list[str]:
    """Run a script to its end, without a GPU; return the lines that it prints on either output.

    Where NeMo is not installed, it is run all the same.
    """
    with _fork(script, [*map(str, arguments)]) as job:
        printed = job.stdout.read()
        assert job.wait() == 0, printed[-3000:]
    return printed.splitlines()


def _fork(script: Path, arguments: list[str]) -> Forked:
    if sys.platform != "linux":  # where each worker has a process of its own
        return fork(sys.executable, script, arguments, ROOT, ON_CPU)
    keeper = os.getppid() if XDIST_WORKER in os.environ else os.getpid()
    return KeptServer(sys.executable, ON_CPU, keeper).fork(script, arguments, ROOT, ON_CPU)


def run_code_with_nemo(folder: Path, code: str, *arguments: object) -> list[str]:
    """Run code as a script of this folder."""
    script = folder / "with_nemo.py"
    script.write_text(code, encoding="utf-8")
    return run_with_nemo(script, *arguments)
