"""sft: the fine-tune of one cycle, as the child flow that is pinned to the GPU pool."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from tasks.domain.policy import Policy
from tasks.sft import train
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import in_fold


@flow(name="sft", flow_run_name="sft-cycle-{cycle}")
def sft(
    workspace: Path,
    cycle: int = 1,
    fold: PositiveInt | None = None,
    policy: Policy | None = None,
) -> State[dict[str, Any]]:
    """Fine-tune the base on the rows that flywheel-cycle has split.

    Args:
        workspace: folder of the flywheel, on storage that all workers share.
        cycle: the cycle to train; its split must stand.
        fold: the fold to train; without one, the candidate.
        policy: replaces the workspace's flywheel.yaml.
    """
    record = train(in_fold(open_cycle(workspace, cycle, policy), fold))
    return Completed(name="Trained", message=record["run"], data=record)
