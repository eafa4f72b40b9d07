"""approve-candidate: let a kept candidate become the champion, or do not.

python -m flows.approve --workspace W --cycle 1 --decision yes --reviewer NAME --reason TEXT
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field, PositiveInt

from tasks.approve import record_approval
from tasks.decide import decide_cycle
from tasks.domain.policy import Policy
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name, tag_run
from tasks.orchestration.run_policy import given_policy, policy_of_run
from tasks.orchestration.server import on_prefect
from tasks.orchestration.states import cycle_state
from tasks.orchestration.suspended import Answer, resume_suspended
from tasks.workspace.approval import Words
from tasks.workspace.inputs import open_cycle, policy_over_file
from tasks.workspace.locks import running
from tasks.workspace.paths import Cycle, decision_of


def take_answer(cycle: Cycle, answer: Answer, *, override: bool = False) -> None:
    """Record what a person said, and write the verdict anew with it."""
    tag_run(cycle)
    with running(cycle):
        record_approval(cycle, answer.decision, answer.reviewer, answer.reason, override)
        decide_cycle(cycle)


@flow(name="approve-candidate", flow_run_name=run_name("approve-{name}-cycle-{cycle}"))
def approve_candidate(
    workspace: Path,
    cycle: PositiveInt,
    decision: Literal["yes", "no"],
    reviewer: Words,
    reason: Words,
    override: bool = False,
    policy: Policy | None = None,
) -> State[dict[str, Any]]:
    """Answer for a kept candidate that waits; its verdict is written anew with the answer.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose candidate waits.
        decision: yes makes it the champion; no leaves the comparison model.
        reviewer: who decides.
        reason: why; it stands in ledger, report and champion.
        override: keep a candidate that an open guard or a small benchmark alone did not keep.
        policy: the settings of its run, where the cycle was decided under some of its own.
    """
    opened = open_cycle(workspace, cycle, policy_of_run(workspace, policy))
    answer = Answer(decision=decision, reviewer=reviewer, reason=reason)
    take_answer(opened, answer, override=override)
    resume_suspended(opened, answer.model_dump())
    return cycle_state(opened)


class ApproveFlags(Flags):
    """Let a kept candidate become the champion, or do not: who, when and why stand in the ledger."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose candidate waits")
    decision: Literal["yes", "no"] = Field(description="yes: it becomes the champion")
    reviewer: Words = Field(description="Your name")
    reason: Words = Field(description="Why; it stands in ledger, report and champion")
    override: bool = Field(
        False, description="Keep what an open guard or a small benchmark alone did not keep"
    )
    policy: Path | None = Field(
        None, description="The --policy that the cycle was run with, where it had one"
    )


def run(flags: ApproveFlags) -> str:
    """Answer, and say what stands now."""
    given = given_policy(flags.policy)
    standing = policy_over_file(flags.workspace, given)[0]
    with on_prefect():
        approve_candidate(**flags.model_dump(exclude={"policy"}), policy=given)
    decided = decision_of(open_cycle(flags.workspace, flags.cycle, standing))
    return f"{decided.reasons[-1]}\n{decided.next}" if decided else ""


if __name__ == "__main__":
    sys.exit(run_command(ApproveFlags, run))
