"""The command `python -m flows.rollback`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, NonNegativeInt

from tasks.orchestration.command import Flags, run_command


class RollbackFlags(Flags):
    """Make the champion of an earlier cycle stand again; the ledger remembers it."""

    workspace: Path = Field(description="Folder of the flywheel")
    to: NonNegativeInt = Field(description="A cycle whose candidate was kept, or 0 for none")


def run(flags: RollbackFlags) -> str:
    """Roll back without a Prefect server, then show the ledger."""
    from tasks.orchestration.tracking import track_champion
    from tasks.workspace.ledger import roll_back
    from tasks.workspace.ledger_table import ledger_text

    roll_back(flags.workspace, flags.to)
    track_champion(flags.workspace)
    return ledger_text(flags.workspace)


def main() -> int:
    return run_command(RollbackFlags, run)
