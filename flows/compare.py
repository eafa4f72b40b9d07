"""compare-systems: show which of several systems recognizes the terms better, from their transcripts.

flywheel compare --manifest cycle1/manifest.jsonl a.jsonl b.csv --out compared
flywheel compare my-flywheel 1 2
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("compare"))

from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from tasks.compare import check_request, compare
from tasks.orchestration.names import artifact_key, comparison_name
from tasks.orchestration.run_policy import HostPath, RunSettings


@flow(name="compare-systems", flow_run_name=comparison_name)
def compare_systems(
    manifest: HostPath | None = None,
    systems: tuple[HostPath, ...] = (),
    workspace: HostPath | None = None,
    cycles: tuple[PositiveInt, ...] = (),
    out: HostPath | None = None,
    policy: RunSettings | None = None,
) -> State[dict[str, Any]]:
    """Compare the transcripts of several systems, or of the systems of several cycles.

    Args:
        manifest: the benchmark; no audio is read.
        systems: files of transcripts for its rows: JSON, CSV, TSV, TRN or CTM.
        workspace: folder of a flywheel, in place of a manifest and files.
        cycles: two of its cycles or more.
        out: folder that receives compare.html and compare.json.
        policy: settings that name which rows decide, and the margins of the guards.
    """
    given = policy.as_policy() if policy else None
    found = compare(check_request(manifest, systems, workspace, cycles, out, given))
    root = workspace or (manifest.parent if manifest else None)
    if root is not None:
        key = artifact_key(root, root.name, "compare")
        create_markdown_artifact(found.text, key=key, description=str(root))
    return Completed(message=str(found.record["answer"]), data=found.record)
