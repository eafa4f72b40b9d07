"""hand-off: give a kept model to the team that serves it, and check what they serve.

python -m flows.hand_off --workspace W --cycle 1 --out DIR
python -m flows.hand_off --workspace W --cycle 1 --check localhost:50051
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field, PositiveInt

from tasks.domain.errors import Fault, InvalidInput, ServiceFailed
from tasks.domain.policy import Policy
from tasks.hand_off import check_served, hand_off
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name, tag_run
from tasks.orchestration.run_policy import given_policy, policy_of_run
from tasks.orchestration.server import on_prefect
from tasks.workspace.inputs import open_cycle, policy_over_file


@flow(name="hand-off", flow_run_name=run_name("hand-off-{name}-cycle-{cycle}"))
def hand_off_model(
    workspace: Path,
    cycle: PositiveInt,
    out: Path | None = None,
    check: str | None = None,
    policy: Policy | None = None,
) -> State[dict[str, Any]]:
    """Hand on the model that a cycle kept, or check a server that has it.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose candidate was kept.
        out: folder that receives the model, its card, its phrases and the commands that serve it.
        check: host:port of the server; every clip of the cycle is sent to it.
        policy: the settings of its run, where the cycle was decided under some of its own.
    """
    opened = open_cycle(workspace, cycle, policy_of_run(workspace, policy))
    message = []
    tag_run(opened)
    if out is not None:
        hand_off(opened, out)
        message.append(f"{out / 'MODEL_CARD.md'} has the rest.")
    if check is not None:
        served, allowed = check_served(opened, check), opened.policy.served_difference
        message.append(served.sentence(allowed))
        if served.share > allowed:
            raise ServiceFailed(message[-1])
    return Completed(name="HandedOff" if out else "Served", message=" ".join(message))


class HandOffFlags(Flags):
    """Hand on the model that a cycle kept (--out), or check a server that has it (--check)."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose candidate was kept")
    out: Path | None = Field(None, description="Folder for model, card, phrases and commands")
    check: str | None = Field(None, description="host:port of a server; clips are sent to it")
    policy: Path | None = Field(
        None, description="The --policy that the cycle was run with, where it had one"
    )


def run(flags: HandOffFlags) -> str:
    """Check the input before Prefect starts, then run the flow."""
    if flags.out is None and flags.check is None:
        raise InvalidInput([Fault("expected one of the two", "--out, --check")])
    if flags.check is not None and not flags.check.rpartition(":")[2].isdigit():
        raise InvalidInput([Fault(f"expected host:port; got {flags.check!r}", "--check")])
    given = given_policy(flags.policy)
    open_cycle(flags.workspace, flags.cycle, policy_over_file(flags.workspace, given)[0])
    with on_prefect():
        state = hand_off_model(
            **flags.model_dump(exclude={"policy"}), policy=given, return_state=True
        )
        state.result()
    return state.message or ""


if __name__ == "__main__":
    sys.exit(run_command(HandOffFlags, run))
