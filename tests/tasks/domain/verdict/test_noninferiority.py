"""A harm is disproved, proven, or neither; then the guard says what would close it."""

from __future__ import annotations

import pytest

from tasks.domain.verdict.noninferiority import Guard, rate_guard, units_needed


def judged(
    before: list[int], after: list[int], rows_per_term: int = 1, held_rise: float | None = None
) -> Guard:
    """A guard over terms, each with that many rows, that allows a rise of 10 points."""
    terms = [n // rows_per_term for n in range(len(before))]
    return rate_guard(
        "harm", "term", terms, (before, after), [1] * len(before), 0.1, held_rise, 0.025
    )


def test_as_many_terms_as_are_needed_without_harm_hold_it_and_one_less_leaves_it_open() -> None:
    enough = units_needed(0.1, 0.025)
    held, opened = (judged([0] * terms, [0] * terms) for terms in (enough, enough - 1))
    assert (held.state, held.passed, opened.state, opened.passed) == ("held", True, "open", False)
    assert held.sentence.endswith("with 97.5 % confidence, within its limit 0.100.")
    assert opened.sentence.endswith(
        "It takes 36 terms without harm to show a rise below 10%; there are 35."
    )


def test_a_rise_above_what_is_allowed_breaks_it_where_it_is_significant() -> None:
    broke = judged([0] * 40, [1] * 10 + [0] * 30)
    assert (broke.state, broke.comparison, broke.candidate) == ("broke", 0.0, 0.25)
    assert "broke: 0.000 → 0.250, significantly (p = 0.001)" in broke.sentence
    chance = judged([1] * 9 + [0] * 31, [0] * 5 + [1] * 9 + [0] * 26)
    assert (chance.state, chance.note) == ("open", "Add terms: the 40 leave it undecided.")


def test_many_rows_of_few_terms_prove_nothing_whether_one_was_harmed_or_none() -> None:
    for harmed in (0, 1):
        guard = judged([0] * 100, [1] * harmed + [0] * (100 - harmed), rows_per_term=10)
        assert (guard.state, guard.units, guard.rows) == ("open", 10, 100)


def test_a_rise_to_disprove_that_is_larger_than_the_allowed_one_takes_fewer_terms() -> None:
    assert judged([0] * 20, [0] * 20, held_rise=0.2).state == "held"
    assert judged([0] * 20, [0] * 20).state == "open"


@pytest.mark.parametrize("sizes", [[], [0, 0]])
def test_rows_that_nothing_can_be_counted_over_leave_it_open(sizes: list[int]) -> None:
    guard = rate_guard("harm", "term", range(len(sizes)), (sizes, sizes), sizes, 0.1, None, 0.025)
    assert (guard.state, guard.upper) == ("open", None)
    assert guard.sentence == "Guard harm is open. No row of the test side says anything about it."
