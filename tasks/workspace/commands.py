"""The commands that an output names, by the Python that runs now."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path


def audition_command(root: Path, number: int) -> str:
    """Write the command that makes the page of an audition."""
    return _command("flows.audition", root, number)


def build_command(root: Path, number: int) -> str:
    """Write the command that builds a cycle."""
    return _command("flows.build", root, number)


def cycle_command(root: Path, number: int) -> str:
    """Write the command that runs a cycle."""
    return _command("flows.cycle", root, number)


def approve_command(root: Path, number: int) -> str:
    """Write the command that answers for a candidate that waits."""
    answer = "--decision yes|no --reviewer NAME --reason TEXT"
    return f"{_command('flows.approve', root, number)} {answer}"


def _command(module: str, root: Path, number: int) -> str:
    here, python = Path.cwd(), Path(sys.executable)
    shown = str(python.relative_to(here)) if python.is_relative_to(here) else str(python)
    return shlex.join([shown, "-m", module, "--workspace", str(root), "--cycle", str(number)])
