"""approve-candidate: approve a kept candidate as the champion, or refuse it.

flywheel approve W 1 --decision yes --reviewer NAME --reason TEXT
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("approve"))

from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import PositiveInt

from tasks.approve import check_answer, is_complete, record_approval
from tasks.decide import asks_for_acceptance, decide_cycle
from tasks.domain.words import Words
from tasks.orchestration.names import cycle_tags, run_name, tag_run
from tasks.orchestration.run_policy import HostPath, RunSettings, policy_of_run
from tasks.orchestration.states import cycle_state
from tasks.orchestration.suspended import Answer, resume_suspended
from tasks.transcribe import transcribe_acceptance
from tasks.workspace.cycle import Cycle
from tasks.workspace.locks import running
from tasks.workspace.open import open_cycle


def take_answer(
    cycle: Cycle, answer: Answer, *, override: bool = False, pool: str | None = None
) -> None:
    """Record what a person answered, and write the verdict again with it, unless it has it already.

    Before an override acceptance.jsonl is decoded: what it shows may refuse the override.
    """
    with running(cycle):
        check_answer(cycle, answer, override)
        if is_complete(cycle, answer, override):
            return
        if override and asks_for_acceptance(cycle, override=True):
            transcribe_acceptance(cycle, pool)
            decide_cycle(cycle)
        record_approval(cycle, answer, override)
        decide_cycle(cycle)


@flow(name="approve-candidate", flow_run_name=run_name("approve-{name}-cycle-{cycle}"))
def approve_candidate(
    workspace: HostPath,
    cycle: PositiveInt,
    decision: Literal["yes", "no"],
    reviewer: Words,
    reason: Words,
    override: bool = False,
    policy: RunSettings | None = None,
    pool: str | None = None,
) -> State[dict[str, Any]]:
    """Answer for a kept candidate that waits; its verdict is written again with the answer.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose candidate waits.
        decision: yes makes it the champion; no leaves the comparison model.
        reviewer: who decides.
        reason: why; written to ledger, report and champion.
        override: keep a candidate that an open guard or a small benchmark alone did not keep.
        policy: the settings of its run, where the cycle was decided under some of its own.
        pool: work pool that decodes acceptance.jsonl before an override; without one it is done here.
    """
    tag_run(cycle_tags(workspace, cycle, policy))
    opened = open_cycle(workspace, cycle, policy_of_run(workspace, policy))
    answer = Answer(decision=decision, reviewer=reviewer, reason=reason)
    take_answer(opened, answer, override=override, pool=pool)
    resume_suspended(opened, answer.model_dump())
    return cycle_state(opened)
