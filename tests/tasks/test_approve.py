"""Stage approve: only a kept candidate that waits is answered; tests/flows/test_approve.py has more."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from tasks.approve import record_approval
from tasks.decide import decide_cycle
from tasks.domain.errors import InvalidInput
from tasks.domain.verdict.against import AgainstBoosting
from tasks.orchestration.suspended import Answer
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import ApprovalRecord, DecisionRecord
from tasks.workspace.approval import approval_path
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import promote

answer = inspect.unwrap(record_approval)
YES = Answer(decision="yes", reviewer="Dr. Okafor", reason="checked every clip")


def test_a_cycle_that_is_not_decided_has_nothing_to_answer(
    trained: Callable[..., Cycle],
) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)])
    with pytest.raises(InvalidInput, match="cycle 1 is not decided for its present inputs"):
        answer(cycle, YES)
    assert not approval_path(cycle).exists()


def decided(decoded: Callable[..., Cycle]) -> tuple[Cycle, DecisionRecord]:
    """A cycle whose candidate recognizes all twelve terms, with its decision."""
    rows = [{"term": f"drug{n}", "text": f"please start drug{n} today"} for n in range(12)]
    texts = [str(row["text"]) for row in rows]
    cycle = decoded(rows, ["something else"] * 12, texts, held_out=8)
    inspect.unwrap(decide_cycle)(cycle)
    decision = decision_of(cycle)
    assert decision is not None
    return cycle, decision


def test_what_an_override_passes_over_is_named_where_every_guard_is_held(
    decoded: Callable[..., Cycle],
) -> None:
    """Without a name the override would count for none."""
    cycle, decision = decided(decoded)
    reasons = ("Not shown on people's speech: no recorded row judged it.", *decision.reasons)
    shown = decision.model_copy(update={"guards": (), "reasons": reasons})
    write_record(cycle.decision, shown)
    answer(cycle, YES, override=True)
    given = read_record(approval_path(cycle), ApprovalRecord)
    assert given is not None
    assert given.overridden == ("not shown on people's speech",)


def test_a_fine_tune_is_not_overridden_before_the_boosted_model_is_judged(
    decoded: Callable[..., Cycle],
) -> None:
    cycle, decision = decided(decoded)
    boosting = AgainstBoosting("the base, boosted", 0.0, 0.0, None, 1.0, None, 0.025, False, True)
    write_record(cycle.decision, decision.model_copy(update={"against_boosting": boosting}))
    with pytest.raises(InvalidInput, match="the boosted comparison model is not judged yet"):
        answer(cycle, YES, override=True)


def test_a_verdict_that_a_later_champion_has_passed_is_not_overridden(
    decoded: Callable[..., Cycle],
) -> None:
    cycle, decision = decided(decoded)
    promote(cycle.root, 2, decision.candidate, decision.decided_at, None)
    with pytest.raises(InvalidInput, match="cycle 2 has made a champion since"):
        answer(cycle, YES, override=True)
    assert not approval_path(cycle).exists()
