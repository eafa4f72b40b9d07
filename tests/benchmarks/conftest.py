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

from tests.with_nemo import run_with_nemo

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


def cells(lines: list[str]) -> list[list[str]]:
    """Return the lines of tables, cell by cell."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if line[:1] == "|"
    ]


@pytest.fixture
def run_small_with_nemo() -> Callable[[str], list[list[str]]]:
    """Run a script that imports NeMo with --small; return the lines of its tables."""
    return lambda name: cells(run_with_nemo(ROOT / f"benchmarks/{name}.py", "--small"))


@pytest.fixture
def run_small() -> Callable[[str], list[list[str]]]:
    """Run a script with --small; return the lines of its tables."""

    def run(name: str) -> list[list[str]]:
        done = subprocess.run(
            [sys.executable, str(ROOT / f"benchmarks/{name}.py"), "--small"],
            env=os.environ | {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""},
            capture_output=True, text=True, check=False, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        return cells(done.stdout.splitlines())

    return run
