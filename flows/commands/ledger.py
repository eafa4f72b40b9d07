"""The command `flywheel ledger`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from tasks.orchestration.command import FAILED, CommandResult
from tasks.orchestration.flags import Flags


class LedgerFlags(Flags):
    """Print what was tried, on what, and why it was kept or not."""

    workspace: Path = Field(description="Folder of the flywheel")
    verify: bool = Field(
        False,
        description="Compare ledger, champion, decisions and splits with what each follows from; "
        "exit with 1 where one does not",
    )


def run(flags: LedgerFlags) -> CommandResult:
    """Print the ledger, or verify it, without a Prefect server."""
    if flags.verify:
        return verify(flags.workspace)
    from tasks.report.ledger_table import ledger_lines, ledger_text

    lines = [line.model_dump(mode="json") for line in ledger_lines(flags.workspace)]
    return CommandResult(ledger_text(flags.workspace), lines)


def verify(workspace: Path) -> CommandResult:
    """Name everything that does not follow from the ledger."""
    from tasks.report.ledger_table import require_workspace
    from tasks.workspace.verified import ledger_faults

    require_workspace(workspace)
    faults = ledger_faults(workspace)
    text = "\n".join(faults) or "Ledger, champion, decisions and splits follow from one another."
    return CommandResult(text, {"faults": faults}, FAILED if faults else 0)
