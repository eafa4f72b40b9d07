"""Scripts that need NeMo, as forks of one process that has imported it for all workers of a test run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tasks.jobs.fork_server import KeptServer
from tests.terminal import ROOT

XDIST_WORKER = "PYTEST_XDIST_WORKER"  # is in the environment of the processes of `pytest -n`
ON_CPU = os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)}


def run_with_nemo(script: Path, *arguments: object) -> list[str]:
    """Run a script to its end, without a GPU; return the lines that it prints on either output.

    Where NeMo is not installed, it is run all the same.
    """
    keeper = os.getppid() if XDIST_WORKER in os.environ else os.getpid()
    server = KeptServer(sys.executable, ON_CPU, keeper)
    with server.fork(script, [*map(str, arguments)], ROOT, ON_CPU) as job:
        printed = job.stdout.read()
        assert job.wait() == 0, printed[-3000:]
    return printed.splitlines()


def run_code_with_nemo(folder: Path, code: str, *arguments: object) -> list[str]:
    """Run code as a script of this folder."""
    script = folder / "with_nemo.py"
    script.write_text(code, encoding="utf-8")
    return run_with_nemo(script, *arguments)
