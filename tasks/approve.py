"""Stage approve: a person lets a kept candidate become the champion, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from prefect import runtime
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from pydantic import Field, StringConstraints

from tasks.domain.errors import Fault, InvalidInput
from tasks.logs import log
from tasks.orchestration.stage import stage
from tasks.workspace.approval import approval_path, awaits_approval
from tasks.workspace.files import write_record
from tasks.workspace.ledger import now
from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.records import ApprovalRecord

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
COMMAND = (
    "python -m flows.approve --workspace {root} --cycle {number} --decision yes|no --reviewer NAME "
    "--reason TEXT"
)


class Answer(RunInput):
    """The form that a suspended run shows: what a person decides, who that is, and why."""

    decision: Literal["yes", "no"] = Field(description="yes: make the candidate the champion")
    reviewer: Words = Field(description="Your name, as the ledger shall have it")
    reason: Words = Field(description="Why; it stands on every output of this cycle")


@dataclass(frozen=True)
class ApprovalSummary:
    """What a person said."""

    decision: str
    reviewer: str


def ask_for_approval(cycle: Cycle) -> Answer | None:
    """Suspend the run of a deployment until its form is answered, at no cost of a process.

    A run that no deployment can start again ends instead, and names the command that answers. None
    where nobody has answered.
    """
    decision = decision_of(cycle)
    if decision is None or runtime.deployment.id is None:
        command = COMMAND.format(root=cycle.root, number=cycle.number)
        log().info("approve: the candidate waits for a person: %s", command)
        return None
    form = Answer.with_initial_data(description=decision.summary)
    hours = cycle.policy.approval_hours
    return suspend_flow_run(
        wait_for_input=form,
        timeout=None if hours is None else round(hours * 3600),
        key=f"approval-{str(decision.candidate.sha256)[:12]}",
    )


@stage("approve")
def record_approval(
    cycle: Cycle, decision: Literal["yes", "no"], reviewer: str, reason: str
) -> ApprovalSummary:
    """Write approval.json; raise InvalidInput where no candidate waits."""
    kept = decision_of(cycle)
    if kept is None or not awaits_approval(cycle):
        raise InvalidInput([Fault(_nothing_waits(cycle), "--cycle")])
    answer = ApprovalRecord(
        cycle=cycle.number,
        decision=decision,
        reviewer=reviewer,
        reason=reason,
        candidate=kept.candidate,
        inputs_sha256=cycle.inputs_sha256,
        answered_at=now(),
    )
    write_record(approval_path(cycle), answer)
    return ApprovalSummary(decision, reviewer)


def _nothing_waits(cycle: Cycle) -> str:
    """Say why there is nothing to approve."""
    expected = "expected a cycle whose kept candidate waits for approval"
    kept = decision_of(cycle)
    if kept is None:
        return f"{expected}; cycle {cycle.number} is not decided for its present inputs"
    if kept.approval in ("yes", "no"):
        return f"{expected}; cycle {cycle.number} was answered: {kept.approval}"
    if kept.verdict != "keep":
        return f"{expected}; cycle {cycle.number} was decided: {kept.verdict}"
    return f"{expected}; the policy asks nobody: set approval: required"
