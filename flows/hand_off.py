"""hand-off: give a kept model to the team that serves it, and check what they serve.

flywheel hand-off W 1 --out DIR
flywheel hand-off W 1 --check localhost:50051
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("hand-off"))
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from tasks.check_served import check_served, served_source
from tasks.domain.errors import ServiceFailed
from tasks.hand_off import hand_off
from tasks.orchestration.names import cycle_tags, run_name, tag_run
from tasks.orchestration.run_policy import HostPath, RunSettings, policy_of_run
from tasks.workspace.open import open_cycle


@flow(name="hand-off", flow_run_name=run_name("hand-off-{name}-cycle-{cycle}"))
def hand_off_model(
    workspace: HostPath,
    cycle: PositiveInt,
    out: HostPath | None = None,
    check: str | None = None,
    policy: RunSettings | None = None,
) -> State[dict[str, Any]]:
    """Hand on the model that a cycle kept, or check a server that has it.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose candidate was kept.
        out: folder that receives the model, its card, its phrases and the commands that serve it.
        check: host:port of the server; every clip of the cycle is sent to it.
        policy: the settings of its run, where the cycle was decided under some of its own.
    """
    tag_run(cycle_tags(workspace, cycle, policy))
    opened = open_cycle(workspace, cycle, policy_of_run(workspace, policy))
    message = []
    if out is not None:
        handed = hand_off(opened, out)
        message.append(" ".join([handed.note, f"{out / 'MODEL_CARD.md'} has the rest."]).strip())
    if check is not None:
        served, allowed = (
            check_served(opened, served_source(check)),
            opened.policy.served_difference,
        )
        message.append(served.sentence(allowed) + f" {served.outcome}" * bool(served.broke))
        if served.share > allowed or served.broke:
            raise ServiceFailed(message[-1])
    return Completed(message=" ".join(message))
