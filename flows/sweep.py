"""flywheel-sweep: the scheduled flow; runs the cycles that are due, one after the other."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import PositiveInt

from flows.cycle import flywheel_cycle
from tasks.orchestration.command import not_a_command
from tasks.orchestration.names import sweep_name
from tasks.orchestration.sweep import cycle_statuses, status_after, sweep_state


@flow(name="flywheel-sweep", flow_run_name=sweep_name)
def flywheel_sweep(
    workspaces: list[Path], pool: str | None = None, shards: PositiveInt = 1
) -> State[dict[str, Any]]:
    """Run every cycle that has a manifest and is not decided for its present inputs.

    Args:
        workspaces: folders of flywheels, looked at in this order.
        pool: work pool that does the GPU work; without one it is done here.
        shards: parts that each decoding is divided into.
    """
    found = []
    for root in workspaces:
        for one in cycle_statuses(root):
            if not one.due:
                found.append(one)
                continue
            state = flywheel_cycle(root, one.cycle, pool=pool, shards=shards, return_state=True)
            found.append(status_after(one, state))
    return sweep_state(found)


if __name__ == "__main__":
    sys.exit(
        not_a_command(
            "flows.sweep runs on a Prefect server: "
            "make up, then prefect deployment run flywheel-sweep/nightly."
        )
    )
