"""The wheel turns on after a verdict that asks for more, until a limit of the policy."""

from __future__ import annotations

import pytest

from tasks.benchmark.advance import EndedCycle, advance
from tasks.domain.policy import AdvancePolicy


def cycles(*outcomes: str, drop: float | None = 0.2, hours: float = 1.0) -> list[EndedCycle]:
    return [EndedCycle(n, outcome, drop, hours) for n, outcome in enumerate(outcomes, start=1)]


@pytest.mark.parametrize("outcome", ["grow", "gate:harden"])
def test_it_builds_what_a_verdict_or_a_gate_asks_for(outcome: str) -> None:
    assert advance(cycles("keep", outcome), AdvancePolicy()).build == 3


@pytest.mark.parametrize("outcome", ["keep", "reject", "gate:build", "gate:pronunciation"])
def test_it_stops_where_a_person_is_wanted(outcome: str) -> None:
    found = advance(cycles("grow", outcome), AdvancePolicy())
    assert (found.build, found.why) == (None, f"cycle 2 ended in {outcome}")


def test_before_any_cycle_there_is_nothing_to_build_on() -> None:
    assert advance([], AdvancePolicy()).build is None


@pytest.mark.parametrize(
    ("ended", "limits", "why"),
    [
        (cycles("grow", "grow"), {"max_cycles": 2}, "advance.max_cycles is 2"),
        (cycles("grow", "grow"), {"max_hours": 2}, "the jobs took 2 hours, and advance.max_hours is 2"),
        (cycles("grow", "grow", drop=0.04), {}, "fell by less than advance.min_drop, 5%"),
    ],
    ids=["cycles", "hours", "drop"],
)  # fmt: skip
def test_each_limit_of_the_policy_ends_it_and_is_named(
    ended: list[EndedCycle], limits: dict[str, float], why: str
) -> None:
    found = advance(ended, AdvancePolicy.model_validate(limits))
    assert found.build is None
    assert why in found.why


def test_one_cycle_of_a_small_drop_is_not_enough_to_end_it() -> None:
    ended = [*cycles("grow", drop=0.2), EndedCycle(2, "grow", 0.01, 1.0)]
    assert advance(ended, AdvancePolicy()).build == 3
    assert advance(cycles("gate:harden", "gate:harden", drop=None), AdvancePolicy()).build == 3
