"""sft: the fine-tune of one cycle, as the child flow that is pinned to the GPU pool."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from tasks.orchestration.command import not_a_command

    sys.exit(
        not_a_command(
            "flows.sft is the child of a cycle on a GPU pool: "
            "flows.cycle --pool NAME starts it, and so does prefect deployment run sft/NAME."
        )
    )

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from tasks.domain.policy import Policy
from tasks.jobs.decodings import ShardSpec
from tasks.logs import on_one_bar
from tasks.orchestration.names import cycle_tags, name_of_child, tag_run
from tasks.sft import train_run
from tasks.transcribe import transcribe_shards
from tasks.workspace.cycle import Run
from tasks.workspace.open import open_cycle

SPANS = {"sft": (0.0, 80.0), "transcribe": (80.0, 100.0)}  # of one bar, in percent


@flow(name="sft", flow_run_name=name_of_child("sft"))
def sft(
    workspace: Path,
    cycle: int = 1,
    fold: PositiveInt | None = None,
    policy: Policy | None = None,
    decodings: list[ShardSpec] | None = None,
) -> State[dict[str, Any]]:
    """Fine-tune the base on the rows that flywheel-cycle has split.

    Args:
        workspace: folder of the flywheel, on storage that all workers share.
        cycle: the cycle to train; its split must be complete.
        fold: the fold to train; without one, the candidate.
        policy: the whole policy of the cycle; without one, the workspace's flywheel.yaml.
        decodings: what is decoded next with what was trained.
    """
    tag_run(cycle_tags(workspace, cycle, policy))
    opened = open_cycle(workspace, cycle, policy)
    with on_one_bar(SPANS if decodings else {"sft": (0.0, 100.0)}):
        summary = train_run(Run(opened, fold))
        if decodings:
            transcribe_shards(opened, decodings)
    return Completed(message=summary.run, data=asdict(summary))
