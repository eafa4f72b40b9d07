"""An answer counts for the candidate and the inputs that it was given to, and for no other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.workspace.approval import approval_path, awaits_approval, standing_approval
from tasks.workspace.files import write_record
from tasks.workspace.models import candidate_system
from tasks.workspace.paths import Cycle, Run
from tasks.workspace.record import ModelRecord
from tasks.workspace.records import ApprovalRecord


@pytest.fixture
def cycle(trained: Callable[..., Cycle]) -> Cycle:
    return trained([{"text": f"start metoprolol {n}"} for n in range(4)])


def answer(cycle: Cycle, **changes: object) -> ApprovalRecord:
    record = ApprovalRecord(
        cycle=1, decision="yes", reviewer="Dr. Okafor", reason="heard it",
        candidate=candidate_system(Run(cycle)).record(), inputs_sha256=cycle.inputs_sha256,
        answered_at="2026-01-02T03:04:05+00:00",
    )  # fmt: skip
    return record.model_copy(update=changes)


def test_an_answer_says_who_when_and_why(cycle: Cycle) -> None:
    assert answer(cycle).sentence == "Approved by Dr. Okafor on 2026-01-02: heard it"
    assert answer(cycle, decision="no").sentence.startswith("Declined by Dr. Okafor")


def test_an_answer_stands_for_its_candidate_and_inputs_alone(cycle: Cycle) -> None:
    candidate = candidate_system(Run(cycle)).record()
    assert standing_approval(cycle, candidate) is None
    write_record(approval_path(cycle), answer(cycle))
    assert standing_approval(cycle, candidate) == answer(cycle)
    other = ModelRecord(name="other", path="other.nemo", sha256="0" * 64)
    assert standing_approval(cycle, other) is None
    write_record(approval_path(cycle), answer(cycle, inputs_sha256="earlier"))
    assert standing_approval(cycle, candidate) is None


def test_a_cycle_that_is_not_decided_awaits_nothing(cycle: Cycle) -> None:
    assert not awaits_approval(cycle)
