"""The command `flywheel suggest`: its flags, and what it does."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class SuggestFlags(Flags):
    """Propose terms for the benchmark from corrections, and take accepted ones into terms.csv."""

    workspace: Path = Field(description="Folder of the flywheel")
    corrections: Path | None = Field(
        None, description="CSV or JSON lines: heard,meant[,count,date], of no patient"
    )
    accept: bool = Field(
        False, description="Take every proposed term that has a category into terms.csv"
    )
    only: tuple[str, ...] = Field((), description="With --accept: these terms alone")


def run(flags: SuggestFlags) -> CommandResult:
    """Read the corrections, without Prefect."""
    from tasks.domain.errors import Fault, InvalidInput
    from tasks.suggest import suggest_terms

    if flags.only and not flags.accept:
        raise InvalidInput([Fault("expected --accept beside it", "--only")])
    found = suggest_terms(flags.workspace, flags.corrections, accept=flags.accept, only=flags.only)
    return CommandResult(found.text, asdict(found))
