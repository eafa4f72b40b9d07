"""transcribe: decode shards of a cycle's rows, as a child on the GPU pool."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from tasks.orchestration.command import not_a_command

    sys.exit(
        not_a_command(
            "flows.transcribe is the child of a cycle on a GPU pool: "
            "flows.cycle --pool NAME starts it, and so does prefect deployment run transcribe/NAME."
        )
    )

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.domain.policy import Policy
from tasks.jobs.decodings import ShardSpec
from tasks.orchestration.names import cycle_tags, name_of_child, tag_run
from tasks.transcribe import transcribe_shards
from tasks.workspace.open import open_cycle


@flow(name="transcribe", flow_run_name=name_of_child("transcribe"))
def transcribe(
    workspace: Path,
    cycle: int = 1,
    decodings: list[ShardSpec] | None = None,
    policy: Policy | None = None,
) -> State[dict[str, Any]]:
    """Decode shards of benchmark and guard set, all in one job.

    Args:
        workspace: folder of the flywheel, on storage that all workers share.
        cycle: the cycle whose rows are decoded.
        decodings: the shards; without any, all rows with the candidate.
        policy: the whole policy of the cycle; without one, the workspace's flywheel.yaml.
    """
    tag_run(cycle_tags(workspace, cycle, policy))
    opened = open_cycle(workspace, cycle, policy)
    summary = transcribe_shards(opened, decodings or [ShardSpec()])
    return Completed(message=summary.words, data=asdict(summary))
