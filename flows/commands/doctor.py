"""The command `flywheel doctor`: its flags, and what it does."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags

MARKS = {"ok": "ok", "missing": "missing", "optional": "–"}


class DoctorFlags(Flags):
    """Check this machine: a line for each thing that is there or missing, and what to do."""

    checks_environment: ClassVar[bool] = False  # a wrong variable is a line of the list


def run(flags: DoctorFlags) -> CommandResult:  # noqa: ARG001 - every command takes its flags
    """Examine the machine; the exit code is 0 whatever is missing."""
    from tasks.doctor import examine

    checks = examine()
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        advice = f": {check.advice}" if check.advice else ""
        lines.append(f"{MARKS[check.state]:8}{check.name:{width}}  {check.found}{advice}")
    return CommandResult("\n".join(lines), [asdict(check) for check in checks])
