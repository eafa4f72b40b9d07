"""The commands that an output names, as they can be typed here."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

PROGRAM = "flywheel"


def audition_command(root: Path, number: int) -> str:
    """Write the command that makes the page of an audition."""
    return _command("audition", root, number)


def build_command(root: Path, number: int) -> str:
    """Write the command that builds a cycle."""
    return _command("build", root, number)


def cycle_command(root: Path, number: int) -> str:
    """Write the command that runs a cycle."""
    return _command("cycle", root, number)


def own_baseline_command(root: Path, number: int, given: Path) -> str:
    """Write the command that sets given hypotheses aside and has the comparison model transcribed."""
    aside = given.with_name("given_hypotheses.json")
    return f"{shlex.join(['mv', str(given), str(aside)])} && {cycle_command(root, number)}"


def approve_command(root: Path, number: int) -> str:
    """Write the command that answers for a candidate that waits."""
    answer = "--decision yes|no --reviewer NAME --reason TEXT"
    return f"{_command('approve', root, number)} {answer}"


def check_command(root: Path, number: int, source: str, name: str) -> str:
    """Write the command that compares a kept model, as this source has it, with itself offline."""
    return f"{_command('hand-off', root, number)} --check --{source} {shlex.quote(name)}"


def _command(name: str, root: Path, number: int) -> str:
    """Name the console script beside the Python that runs now, else that Python and the module."""
    program, where = Path(sys.executable).with_name(PROGRAM), [str(root), str(number)]
    if not program.is_file():
        flags = ["--workspace", where[0], "--cycle", where[1]]
        module = f"flows.{name.replace('-', '_')}"
        return shlex.join([_from_here(Path(sys.executable)), "-m", module, *flags])
    found = shutil.which(PROGRAM)
    on_path = found is not None and Path(found).samefile(program)
    return shlex.join([PROGRAM if on_path else _from_here(program), name, *where])


def _from_here(program: Path) -> str:
    """Write a path relative to the current folder, where it is below it."""
    here = Path.cwd()
    return str(program.relative_to(here)) if program.is_relative_to(here) else str(program)
