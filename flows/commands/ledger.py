"""The command `flywheel ledger`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class LedgerFlags(Flags):
    """Print what was tried, on what, and why it was kept or not."""

    workspace: Path = Field(description="Folder of the flywheel")


def run(flags: LedgerFlags) -> CommandResult:
    """Print the ledger without a Prefect server."""
    from tasks.workspace.ledger_table import ledger_lines, ledger_text

    lines = [line.model_dump(mode="json") for line in ledger_lines(flags.workspace)]
    return CommandResult(ledger_text(flags.workspace), lines)
