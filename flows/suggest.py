"""suggest-terms: propose terms for the benchmark from what people corrected.

flywheel suggest my-flywheel --corrections corrections.csv
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("suggest"))

from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.orchestration.names import artifact_key, run_name, workspace_name
from tasks.orchestration.run_policy import HostPath
from tasks.suggest import suggest_terms

suggest = task(name="suggest", cache_policy=NO_CACHE)(suggest_terms)


@flow(name="suggest-terms", flow_run_name=run_name("suggest-{name}"))
def suggest_from_corrections(
    workspace: HostPath, corrections: HostPath | None = None, accept: bool = False
) -> State[dict[str, Any]]:
    """Propose the terms that corrections name in suggested_terms.csv.

    Args:
        workspace: folder of the flywheel.
        corrections: CSV or JSON lines with the columns heard,meant[,count,date]; text of no patient.
        accept: take every proposed term that has a category into terms.csv.
    """
    found = suggest(workspace, corrections, accept=accept)
    key = artifact_key(workspace, workspace_name(workspace), "suggested")
    create_markdown_artifact(found.text.replace("\n", "\n\n"), key=key, description=str(workspace))
    message = found.text.splitlines()[-1]
    data = {"new": found.new, "refused": len(found.refused), "accepted": found.accepted}
    return Completed(message=message, data=data)
