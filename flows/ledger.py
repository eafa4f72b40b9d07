"""show-ledger: what was tried, on what, and why it was kept or not.

python -m flows.ledger --workspace my-flywheel
"""

from __future__ import annotations

import sys
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from tasks.orchestration.command import Flags, run_command
from tasks.workspace.ledger_table import ledger_table


@flow(name="show-ledger")
def show_ledger(workspace: Path) -> str:
    """Publish the ledger of a workspace as an artifact.

    Args:
        workspace: folder of the flywheel.
    """
    table = ledger_table(workspace)
    create_markdown_artifact(table, key="ledger", description=str(workspace))
    return table


class LedgerFlags(Flags):
    """Print what was tried, on what, and why it was kept or not."""

    workspace: Path = Field(description="Folder of the flywheel")


def run(flags: LedgerFlags) -> str:
    """Print the table without a Prefect server."""
    return ledger_table(flags.workspace)


if __name__ == "__main__":
    sys.exit(run_command(LedgerFlags, run))
