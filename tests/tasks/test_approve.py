"""Stage approve: only a kept candidate that waits is answered; tests/flows/test_approve.py has more."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from tasks.approve import record_approval
from tasks.decide import decide_cycle
from tasks.domain.errors import InvalidInput
from tasks.workspace.approval import approval_path
from tasks.workspace.cycle import Cycle, decision_of
from tasks.workspace.ledger import promote

answer = inspect.unwrap(record_approval)


def test_a_cycle_that_is_not_decided_has_nothing_to_answer(
    trained: Callable[..., Cycle],
) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)])
    with pytest.raises(InvalidInput, match="cycle 1 is not decided for its present inputs"):
        answer(cycle, "yes", "Dr. Okafor", "heard it")
    assert not approval_path(cycle).exists()


def test_a_verdict_that_a_later_champion_has_passed_is_not_overridden(
    decoded: Callable[..., Cycle],
) -> None:
    rows = [{"term": f"drug{n}", "text": f"please start drug{n} today"} for n in range(12)]
    said = [str(row["text"]) for row in rows]
    cycle = decoded(rows, ["something else"] * 12, said, held_out=8)
    inspect.unwrap(decide_cycle)(cycle)
    decided = decision_of(cycle)
    assert decided is not None
    promote(cycle.root, 2, decided.candidate, decided.decided_at, None)
    with pytest.raises(InvalidInput, match="cycle 2 has made a champion since"):
        answer(cycle, "yes", "Dr. Okafor", "heard every clip", override=True)
    assert not approval_path(cycle).exists()
