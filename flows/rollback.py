"""rollback-champion: make the champion of an earlier cycle stand again.

python -m flows.rollback --workspace my-flywheel --to 1
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field, NonNegativeInt

from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name
from tasks.orchestration.tracking import track_champion
from tasks.workspace.ledger import roll_back
from tasks.workspace.ledger_table import ledger_text


@flow(name="rollback-champion", flow_run_name=run_name("rollback-{name}-to-cycle-{to}"))
def rollback_champion(workspace: Path, to: NonNegativeInt) -> State[dict[str, Any]]:
    """Compare the next cycles with an earlier champion.

    Args:
        workspace: folder of the flywheel.
        to: a cycle whose candidate was kept; 0 for no champion, the base is compared with then.
    """
    line = roll_back(workspace, to)
    track_champion(workspace)
    return Completed(name="RolledBack", message=line.reasons[0], data=line.model_dump(mode="json"))


class RollbackFlags(Flags):
    """Make the champion of an earlier cycle stand again; the ledger remembers it."""

    workspace: Path = Field(description="Folder of the flywheel")
    to: NonNegativeInt = Field(description="A cycle whose candidate was kept, or 0 for none")


def run(flags: RollbackFlags) -> str:
    """Roll back without a Prefect server, then show the ledger."""
    roll_back(flags.workspace, flags.to)
    track_champion(flags.workspace)
    return ledger_text(flags.workspace)


if __name__ == "__main__":
    sys.exit(run_command(RollbackFlags, run))
