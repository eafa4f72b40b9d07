"""The command `flywheel rollback`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, NonNegativeInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class RollbackFlags(Flags):
    """Make the champion of an earlier cycle the champion again; the ledger records it."""

    positional: ClassVar[tuple[str, ...]] = ("workspace", "to")

    workspace: Path = Field(description="Folder of the flywheel")
    to: NonNegativeInt = Field(description="A cycle whose candidate was kept, or 0 for none")


def run(flags: RollbackFlags) -> CommandResult:
    """Roll back without a Prefect server, then show the ledger."""
    from tasks.orchestration.tracking import track_champion
    from tasks.report.ledger_table import ledger_text
    from tasks.rollback import roll_back

    line = roll_back(flags.workspace, flags.to)
    track_champion(flags.workspace)
    return CommandResult(ledger_text(flags.workspace), line.model_dump(mode="json"))
