"""What speech a verdict rests on is named, and whether recorded speech shows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.decide import Accepted, Decision
from tasks.domain.verdict.evidence import evidence, never_accepted, with_evidence
from tests.tasks.domain.verdict.judged import Decide, Maker, benchmark

ONES, ZEROS = [1] * 40, [0] * 40
REQUIRED = Policy.model_validate({"acceptance": "required"})


def recorded(row: Maker, missed: Sequence[Sequence[int]], **changes: Any) -> Accepted:
    rows, pair = benchmark(row, missed, **({"source": "recorded"} | changes))
    return Accepted(rows, pair)


@pytest.fixture
def judged(row: Maker, verdict_of: Decide) -> Callable[..., Decision]:
    """Judge a candidate that is far better on synthetic rows, with these rows of another source."""

    def decided(accepted: Accepted | None, policy: Policy = Policy(), **of: str) -> Decision:  # noqa: B008
        decision = verdict_of(ONES, ZEROS, policy=policy, accepted=accepted)
        rows, pair = benchmark(row, [ONES, ZEROS], **of)
        return with_evidence(decision, rows, pair, accepted, policy)

    return decided


def test_rows_that_declare_nothing_count_as_synthetic(row: Maker) -> None:
    rows = [row(voice_id="espeak:en-us"), row(voice_id="riva:f1", source="synthetic")]
    assert evidence(rows) == "synthetic (2 engines, 2 voices)"
    assert evidence([row(voice_id="nurse"), row(voice_id="doctor")]) == (
        "synthetic (1 engine, 2 voices)"
    )
    assert evidence([]) == ""


def test_speakers_are_counted_by_name_else_by_voice(row: Maker) -> None:
    people = [row(source="recorded", speaker=name) for name in ("a", "b", "a")]
    assert evidence(people) == "recorded people (2 speakers)"
    assert evidence([row(source="recorded", voice_id="v")]) == "recorded people (1 speaker)"


def test_real_speech_that_did_not_improve_is_named_where_the_verdict_is_keep(
    row: Maker, judged: Callable[..., Decision]
) -> None:
    half = [1, 0] * 20
    decision = judged(recorded(row, [half, half], speaker="dr-1"))
    assert decision.verdict == "keep"
    assert decision.reasons[1] == (
        "Not shown on people's speech: priority KER 0.500 → 0.500 on 40 recorded rows of 40 terms "
        "(p = 0.500, tested at 0.025)."
    )
    assert decision.evidence == "synthetic (1 engine, 6 voices) + recorded people (1 speaker)"


def test_a_significant_drop_on_recorded_rows_is_shown(
    row: Maker, judged: Callable[..., Decision]
) -> None:
    decision = judged(recorded(row, [ONES, ZEROS]), REQUIRED)
    assert decision.verdict == "keep"
    assert decision.reasons[1].startswith("Shown on recorded speech: priority KER 1.000 → 0.000")


def test_a_benchmark_of_recorded_speech_shows_it_itself(judged: Callable[..., Decision]) -> None:
    decision = judged(None, REQUIRED, source="recorded")
    assert decision.verdict == "keep"
    assert decision.reasons[1].startswith("Shown on recorded speech")


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        (None, "Not shown on people's speech: no recorded row judged it."),
        (
            {"source": None},
            "Not shown on people's speech: no row of acceptance.jsonl is declared `source: recorded`.",
        ),
    ],
)
def test_where_acceptance_is_required_a_candidate_without_recorded_speech_is_not_kept(
    row: Maker,
    judged: Callable[..., Decision],
    of: dict[str, Any] | None,
    sentence: str,
) -> None:
    accepted = None if of is None else recorded(row, [ONES, ZEROS], **of)
    assert (judged(accepted).verdict, judged(accepted).reasons[1]) == ("keep", sentence)
    decision = judged(accepted, REQUIRED)
    assert decision.verdict == "grow"
    assert decision.reasons[0] == f"{sentence} `acceptance: required` asks for it."
    assert decision.next.startswith("Add what growth_plan.csv")


def test_a_set_of_few_terms_can_never_be_accepted(row: Maker) -> None:
    few = [row(term=f"drug{n}", text=f"give drug{n}", source="recorded") for n in range(4)]
    many = [row(term=f"drug{n}", text=f"give drug{n}", source="recorded") for n in range(40)]
    kept_open = Policy.model_validate({"acceptance": "required", "decide": {"open_guard": "keep"}})
    assert never_accepted(few, Policy(), 1) == "acceptance.jsonl has 4 priority terms and needs 36"
    assert never_accepted(few, kept_open, 1).startswith("acceptance.jsonl has 4 priority terms on ")
    assert never_accepted(many, REQUIRED, 1) == ""
    assert never_accepted(None, Policy(), 1) == ""
    assert never_accepted(None, REQUIRED, 1) == (
        "acceptance is required and there is no acceptance.jsonl"
    )


def test_a_person_and_a_machine_are_the_only_sources(row: Callable[..., ClinicalRow]) -> None:
    with pytest.raises(ValueError, match="source"):
        row(source="primock57")
