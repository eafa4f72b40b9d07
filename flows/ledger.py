"""show-ledger: what was tried, on what, and why it was kept or not.

python -m flows.ledger --workspace my-flywheel
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import artifact_key, run_name, workspace_name
from tasks.workspace.ledger_table import ledger_lines, ledger_table, ledger_text


@flow(name="show-ledger", flow_run_name=run_name("ledger-{name}"))
def show_ledger(workspace: Path) -> str:
    """Publish the ledger of a workspace as an artifact.

    Args:
        workspace: folder of the flywheel.
    """
    table = ledger_table(workspace)
    key = artifact_key(workspace, workspace_name(workspace), "ledger")
    create_markdown_artifact(table, key=key, description=str(workspace))
    return table


class LedgerFlags(Flags):
    """Print what was tried, on what, and why it was kept or not."""

    workspace: Path = Field(description="Folder of the flywheel")
    as_json: bool = Field(False, alias="json", description="Print the lines whole, as a JSON array")


def run(flags: LedgerFlags) -> str:
    """Print the ledger without a Prefect server."""
    if not flags.as_json:
        return ledger_text(flags.workspace)
    lines = [line.model_dump(mode="json") for line in ledger_lines(flags.workspace)]
    return json.dumps(lines, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(run_command(LedgerFlags, run))
