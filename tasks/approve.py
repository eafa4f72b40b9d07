"""Stage approve: a person approves a kept candidate as the champion, or refuses it."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.progress import StageSummary
from tasks.domain.verdict.evidence import NOT_SHOWN
from tasks.domain.verdict.override import not_proven, override_refusal
from tasks.orchestration.stage import stage
from tasks.orchestration.suspended import Answer
from tasks.records.files import write_record
from tasks.records.ledger_line import ApprovalLine
from tasks.records.stages import ApprovalRecord, DecisionRecord
from tasks.workspace.approval import approval_path, awaits_approval, current_approval
from tasks.workspace.cycle import Cycle, decision_of, not_decided
from tasks.workspace.ledger import now, read_champion, read_ledger

REASON_WORDS = 3
NOT_BEATEN = "the gain is boosting's"


@dataclass(frozen=True)
class ApprovalSummary(StageSummary):
    """The answer of a person."""

    decision: str
    reviewer: str

    @property
    def words(self) -> str:
        return f"{self.decision} by {self.reviewer}"


@stage("approve")
def record_approval(cycle: Cycle, answer: Answer, override: bool = False) -> ApprovalSummary:
    """Write approval.json; raise InvalidInput where no candidate waits.

    An `override` approves one that the verdict did not keep, where nothing speaks against it. The
    same answer again leaves the record as it is.
    """
    if recorded_answer(cycle, answer, override) is None:
        decided, overridden = check_answer(cycle, answer, override)
        record = ApprovalRecord(
            cycle=cycle.number,
            decision=answer.decision,
            reviewer=answer.reviewer,
            reason=answer.reason,
            candidate=decided.candidate,
            inputs_sha256=cycle.inputs_sha256,
            answered_at=now(),
            overridden=overridden,
        )
        write_record(approval_path(cycle), record)
    return ApprovalSummary(answer.decision, answer.reviewer)


def recorded_answer(cycle: Cycle, answer: Answer, override: bool) -> ApprovalRecord | None:
    """Return the record of just this answer to the candidate; None where there is none.

    A command that was killed leaves one, and the verdict may be from before it.
    """
    decided = decision_of(cycle)
    record = current_approval(cycle, decided.candidate) if decided else None
    if record is None or bool(record.overridden) != override:
        return None
    known = record.decision, record.reviewer, record.reason
    return record if known == (answer.decision, answer.reviewer, answer.reason) else None


def is_complete(cycle: Cycle, answer: Answer, override: bool) -> bool:
    """Whether just this answer is recorded and in the verdict, so that nothing is left to write."""
    decided = decision_of(cycle)
    known = decided is not None and decided.approval == answer.decision
    return known and recorded_answer(cycle, answer, override) is not None


def check_answer(
    cycle: Cycle, answer: Answer, override: bool
) -> tuple[DecisionRecord, tuple[str, ...]]:
    """Return the decision that is answered, and what an override passes over.

    Raises InvalidInput where no candidate waits. The same answer again is no fault, unless the
    champion was changed since.
    """
    decided, record = decision_of(cycle), recorded_answer(cycle, answer, override)
    unfinished = not is_complete(cycle, answer, override)
    if decided is not None and record is not None and (unfinished or _is_latest(cycle)):
        return decided, record.overridden
    if decided is None or not (override or awaits_approval(cycle)):
        raise InvalidInput([Fault(_nothing_waits(cycle), "--cycle")])
    return decided, _overridden(cycle, decided, answer) if override else ()


def _is_latest(cycle: Cycle) -> bool:
    """Whether nothing came after the answer of this cycle in the ledger."""
    latest = read_ledger(cycle.root)[-1:]
    return any(isinstance(line, ApprovalLine) and line.cycle == cycle.number for line in latest)


def _overridden(cycle: Cycle, decided: DecisionRecord, answer: Answer) -> tuple[str, ...]:
    """Name what an override passes over; raise InvalidInput with every fault of the request."""
    faults = []
    if answer.decision == "no":
        faults.append(Fault("expected yes: there is nothing to decline", "--decision"))
    if len(answer.reason.split()) < REASON_WORDS:
        sentence = f"expected a reason of at least {REASON_WORDS} words for an override"
        faults.append(Fault(sentence, "--reason"))
    limits, priority, guards = cycle.policy.decide, decided.priority, decided.every_guard
    refused = override_refusal(decided.verdict, priority, guards, limits)
    champion = read_champion(cycle.root)
    if decided.judges_boosted:
        refused = "the boosted comparison model is not judged yet: run it again"
    elif decided.override:
        refused = "it was overridden already"
    elif champion is not None and champion.cycle > cycle.number:
        refused = f"cycle {champion.cycle} has made a champion since"
    if refused:
        sentence = f"expected a cycle that can be overridden; of cycle {cycle.number}, {refused}"
        faults.append(Fault(sentence, "--override"))
    if faults:
        raise InvalidInput(faults)
    boosting = decided.against_boosting
    others = {
        NOT_BEATEN: boosting is not None and not boosting.beaten,
        NOT_SHOWN.lower(): any(reason.startswith(NOT_SHOWN) for reason in decided.reasons),
    }
    return (*not_proven(priority, guards), *(name for name, lacks in others.items() if lacks))


def _nothing_waits(cycle: Cycle) -> str:
    """Return why there is nothing to approve."""
    expected = "expected a cycle whose kept candidate waits for approval"
    kept = decision_of(cycle)
    if kept is None:
        return f"{expected}; {not_decided(cycle)}"
    if kept.approval in ("yes", "no"):
        return f"{expected}; cycle {cycle.number} was answered: {kept.approval}"
    if kept.verdict != "keep":
        limits = cycle.policy.decide
        refused = override_refusal(kept.verdict, kept.priority, kept.every_guard, limits)
        hint = "" if refused else ", and --override would still make it the champion"
        return f"{expected}; cycle {cycle.number} was decided: {kept.verdict}{hint}"
    return f"{expected}; the policy asks nobody: set approval: required"
