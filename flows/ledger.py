"""show-ledger: what was tried, on what, and why it was kept or not.

flywheel ledger my-flywheel
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("ledger"))


from prefect import flow
from prefect.artifacts import create_markdown_artifact

from tasks.orchestration.names import artifact_key, run_name, workspace_name
from tasks.orchestration.run_policy import HostPath
from tasks.report.ledger_table import ledger_table


@flow(name="show-ledger", flow_run_name=run_name("ledger-{name}"))
def show_ledger(workspace: HostPath) -> str:
    """Publish the ledger of a workspace as an artifact.

    Args:
        workspace: folder of the flywheel.
    """
    table = ledger_table(workspace)
    key = artifact_key(workspace, workspace_name(workspace), "ledger")
    create_markdown_artifact(table, key=key, description=str(workspace))
    return table
