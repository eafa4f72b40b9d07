"""Stage approve: only a kept candidate that waits is answered; tests/flows/test_approve.py has more."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from tasks.approve import record_approval
from tasks.domain.errors import InvalidInput
from tasks.workspace.approval import approval_path
from tasks.workspace.paths import Cycle

answer = inspect.unwrap(record_approval)


def test_a_cycle_that_is_not_decided_has_nothing_to_answer(
    trained: Callable[..., Cycle],
) -> None:
    cycle = trained([{"text": f"start metoprolol {n}"} for n in range(4)])
    with pytest.raises(InvalidInput, match="cycle 1 is not decided for its present inputs"):
        answer(cycle, "yes", "Dr. Okafor", "heard it")
    assert not approval_path(cycle).exists()
