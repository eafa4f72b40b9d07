"""Benchmarks are scripts: they are loaded by path, and run from their folder."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 1800  # a minute alone on two cores


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """Load a script of benchmarks/."""

    def load(name: str) -> ModuleType:
        folder = str(ROOT / "benchmarks")
        if folder not in sys.path:
            sys.path.append(folder)
        return importlib.import_module(name)

    return load


@pytest.fixture
def run_small() -> Callable[[str], list[list[str]]]:
    """Run a script with --small; return the lines of its tables, cell by cell."""

    def run(name: str) -> list[list[str]]:
        done = subprocess.run(
            [sys.executable, str(ROOT / f"benchmarks/{name}.py"), "--small"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        lines = [line for line in done.stdout.splitlines() if line.startswith("|")]
        return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]

    return run
