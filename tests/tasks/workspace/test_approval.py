"""An answer counts for the candidate and the inputs that it was given to, and for no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.against import AgainstAnchor, AnchorGuard
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import Decision, decide
from tasks.records.files import write_record
from tasks.records.record import ModelRecord
from tasks.records.stages import ApprovalRecord
from tasks.workspace.approval import (
    approval_of,
    approval_path,
    awaits_approval,
    champion_note,
    current_approval,
    with_approval,
)
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.ledger import promote, read_champion
from tasks.workspace.models import candidate_system

FIRST, SECOND = (ModelRecord(name=sha, path=f"{sha}.nemo", sha256=sha) for sha in ("a", "b"))


@pytest.fixture
def cycle(trained: Callable[..., Cycle]) -> Cycle:
    return trained([{"text": f"start metoprolol {n}"} for n in range(4)])


def answer(cycle: Cycle, **changes: object) -> ApprovalRecord:
    record = ApprovalRecord(
        cycle=1, decision="yes", reviewer="Dr. Okafor", reason="checked it",
        candidate=candidate_system(Run(cycle)).record(), inputs_sha256=cycle.inputs_sha256,
        answered_at="2026-01-02T03:04:05+00:00",
    )  # fmt: skip
    return record.model_copy(update=changes)


def test_an_answer_names_who_when_and_why(cycle: Cycle) -> None:
    assert answer(cycle).sentence == "Approved by Dr. Okafor on 2026-01-02: checked it"
    assert answer(cycle, decision="no").sentence.startswith("Declined by Dr. Okafor")


def test_an_answer_counts_for_its_candidate_and_inputs_alone(cycle: Cycle) -> None:
    candidate = candidate_system(Run(cycle)).record()
    assert current_approval(cycle, candidate) is None
    write_record(approval_path(cycle), answer(cycle))
    assert current_approval(cycle, candidate) == answer(cycle)
    other = ModelRecord(name="other", path="other.nemo", sha256="0" * 64)
    assert current_approval(cycle, other) is None
    write_record(approval_path(cycle), answer(cycle, inputs_sha256="earlier"))
    assert current_approval(cycle, candidate) is None


def test_a_cycle_that_is_not_decided_awaits_nothing(cycle: Cycle) -> None:
    assert not awaits_approval(cycle)


def kept(cycle: Cycle) -> Decision:
    """A decision on its rows that is taken for a keep."""
    texts = [row.text for row in cycle.rows]
    pair = score_pair(texts, [row.term for row in cycle.rows], texts, texts)
    decision = decide(cycle.rows, Split((), (0, 1, 2, 3)), pair, None, Policy())
    return replace(decision, verdict="keep")


@pytest.mark.parametrize(
    ("given", "state", "following"),
    [
        (None, "waiting", "A person has to approve this candidate before it becomes the champion."),
        ("no", "no", "The candidate was declined; the comparison model stays."),
    ],
)
def test_a_kept_candidate_waits_for_a_person_where_the_policy_asks_one(
    cycle: Cycle, given: str | None, state: str, following: str
) -> None:
    candidate, decision = candidate_system(Run(cycle)).record(), kept(cycle)
    assert approval_of(cycle, candidate, decision) == (None, None), "nobody is asked"
    required = replace(cycle, policy=cycle.policy.model_copy(update={"approval": "required"}))
    if given:
        write_record(approval_path(required), answer(required, decision=given))
    found, person = approval_of(required, candidate, decision)
    assert found == state
    answered = with_approval(decision, found, person)
    assert (answered.next, answered.override) == (following, "")
    assert (answered.reasons[-1].startswith("Declined by Dr. Okafor")) == bool(given)


def test_harm_against_the_first_base_ends_an_override(cycle: Cycle) -> None:
    candidate, better = candidate_system(Run(cycle)).record(), kept(cycle)
    priority = replace(better.priority, relative_drop=0.9)
    grown = replace(better, verdict="grow", priority=priority, guards=())
    answered = answer(cycle, overridden=("the drop may be chance",))
    write_record(approval_path(cycle), answered)
    assert approval_of(cycle, candidate, grown) == ("yes", answered)
    harm = AnchorGuard("general_wer", 0.1, 0.3, 0.11, 0.4, "broke", False, 10, "clip", 10, 0.99)
    harmed = replace(grown, against_anchor=AgainstAnchor(3, False, 0.99, (harm,)))
    assert approval_of(cycle, candidate, harmed) == (None, None)


def test_an_override_of_what_cannot_be_overridden_counts_for_none(cycle: Cycle) -> None:
    candidate, decision = candidate_system(Run(cycle)).record(), kept(cycle)
    write_record(approval_path(cycle), answer(cycle, overridden=("the drop may be chance",)))
    assert approval_of(cycle, candidate, decision) == (None, None), "it is kept in any case"


def test_the_champion_needs_no_note_and_a_model_before_it_has_one(tmp_path: Path) -> None:
    promote(tmp_path, 1, FIRST, "2026-01-01T00:00:00+00:00", None)
    assert champion_note(tmp_path, 1, FIRST) == ""
    promote(tmp_path, 2, SECOND, "2026-01-02T00:00:00+00:00", read_champion(tmp_path))
    assert champion_note(tmp_path, 2, SECOND) == ""
    assert champion_note(tmp_path, 1, FIRST) == (
        "This model is not the champion now: the champion is that of cycle 2."
    )
