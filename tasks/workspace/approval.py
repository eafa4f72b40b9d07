"""A person's answer to a kept candidate, and whether that candidate is the champion still."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tasks.domain.verdict.against import every_guard
from tasks.domain.verdict.decide import Decision
from tasks.domain.verdict.override import override_refusal
from tasks.records.ledger_line import DecisionLine, RollbackLine
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import Approval, ApprovalRecord
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import read_champion, read_ledger, system_id

WAITS = "A person has to approve this candidate before it becomes the champion."
DECLINED = "The candidate was declined; the comparison model stays."
OVERRIDDEN = "The candidate is the new champion by override, and the verdict stays what it is."


def approval_path(cycle: Cycle) -> Path:
    return cycle.next_folder / "approval.json"


def current_approval(cycle: Cycle, candidate: ModelRecord) -> ApprovalRecord | None:
    """Return the answer to just this candidate of just these inputs; an earlier one's counts for none."""
    record = read_record(approval_path(cycle), ApprovalRecord)
    if record is None or record.inputs_sha256 != cycle.inputs_sha256:
        return None
    known = (record.candidate.sha256, record.candidate.decoding.sha256)
    return record if known == (candidate.sha256, candidate.decoding.sha256) else None


def approval_of(
    cycle: Cycle, candidate: ModelRecord, decision: Decision
) -> tuple[Approval | None, ApprovalRecord | None]:
    """Return a person's answer about this candidate; nobody is asked unless the policy requires it.

    An override counts only while the verdict still can be overridden.
    """
    answer = current_approval(cycle, candidate)
    if answer and answer.overridden:
        verdict, limits = decision.verdict, cycle.policy.decide
        guards = every_guard(decision.guards, decision.against_anchor)
        if not override_refusal(verdict, decision.priority, guards, limits):
            return "yes", answer
        answer = None
    if cycle.policy.approval == "off" or decision.verdict != "keep":
        return None, None
    return answer.decision if answer else "waiting", answer


def with_approval(
    decision: Decision, state: Approval | None, answer: ApprovalRecord | None
) -> Decision:
    """Return the decision with the person's answer, and what follows."""
    if state is None:
        return decision
    override = answer.sentence if answer and answer.overridden else ""
    approved = OVERRIDDEN if override else decision.next
    following = {"waiting": WAITS, "yes": approved, "no": DECLINED}[state]
    reasons = (*decision.reasons, *([answer.sentence] if answer else []))
    return replace(decision, reasons=reasons, next=following, override=override)


def awaits_approval(cycle: Cycle) -> bool:
    """Whether the cycle kept a candidate that a person has not approved or declined yet."""
    decision = decision_of(cycle)
    return decision is not None and decision.approval == "waiting"


def champion_note(root: Path, number: int, candidate: ModelRecord) -> str:
    """Return why the candidate that a cycle kept is not the champion now; empty where it is."""
    champion = read_champion(root)
    if champion and (champion.sha256, champion.decoding.sha256) == system_id(candidate):
        return ""
    current = f"the champion is that of cycle {champion.cycle}" if champion else "there is none"
    moment = _rolled_back(root, number)
    why = f"it was rolled back on {moment[:10]}, and {current}" if moment else current
    return f"This model is not the champion now: {why}."


def _rolled_back(root: Path, number: int) -> str:
    """Return when the latest rollback took a cycle's candidate back; empty where none did."""
    moment = ""
    for line in read_ledger(root):
        if isinstance(line, DecisionLine) and line.cycle == number:
            moment = ""
        elif isinstance(line, RollbackLine):
            moment = line.finished_at if line.cycle < number else ""
    return moment
