"""Stage approve: a person lets a kept candidate become the champion, or does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.stage import stage
from tasks.workspace.approval import approval_path, awaits_approval
from tasks.workspace.files import write_record
from tasks.workspace.ledger import now
from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.records import ApprovalRecord

OTHERS = "; where it was run with --policy FILE, give the same here"


@dataclass(frozen=True)
class ApprovalSummary:
    """What a person said."""

    decision: str
    reviewer: str


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
        return f"{expected}; cycle {cycle.number} is not decided for its present inputs{OTHERS}"
    if kept.approval in ("yes", "no"):
        return f"{expected}; cycle {cycle.number} was answered: {kept.approval}"
    if kept.verdict != "keep":
        return f"{expected}; cycle {cycle.number} was decided: {kept.verdict}"
    return f"{expected}; the policy asks nobody: set approval: required"
