"""transcribe: decode one shard of a cycle's rows with one model, as a child on the GPU pool."""

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
from pydantic import NonNegativeInt, PositiveInt

from tasks.domain.decoding import DecodingConfig
from tasks.domain.policy import Policy
from tasks.orchestration.names import run_name, tag_run
from tasks.transcribe import ModelRole, transcribe_shard
from tasks.workspace.cycle import Run
from tasks.workspace.decoded import RowSet
from tasks.workspace.open import open_cycle


@flow(
    name="transcribe",
    flow_run_name=run_name("transcribe-{name}-cycle-{cycle}-{side}-{shard}-of-{shards}"),
)
def transcribe(
    workspace: Path,
    cycle: int = 1,
    side: ModelRole = "candidate",
    shard: NonNegativeInt = 0,
    shards: PositiveInt = 1,
    fold: PositiveInt | None = None,
    policy: Policy | None = None,
    rows: RowSet = "cycle",
    base_share: float | None = None,
    decoding: DecodingConfig | None = None,
) -> State[dict[str, Any]]:
    """Decode every `shards`-th row of benchmark and guard set.

    Args:
        workspace: folder of the flywheel, on storage that all workers share.
        cycle: the cycle whose rows are decoded.
        side: the candidate, or the comparison model it is judged against.
        shard: which of the shards, from 0.
        shards: how many shards the rows are divided into.
        fold: decode what this fold held out, with its own candidate.
        policy: the whole policy of the cycle; without one, the workspace's flywheel.yaml.
        rows: all of the cycle, those of acceptance.jsonl, or those that arms are compared on.
        base_share: decode the fine-tune averaged with this share of its base.
        decoding: how to decode, where it is not as the side does.
    """
    run = Run(open_cycle(workspace, cycle, policy), fold)
    tag_run(run.cycle)
    summary = transcribe_shard(run, side, shard, shards, rows, base_share, decoding)
    return Completed(name="Decoded", message=f"{summary.rows} rows", data=asdict(summary))
