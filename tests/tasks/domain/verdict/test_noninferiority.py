"""A harm is disproved, proven, or neither; then the guard names what would close it."""

from __future__ import annotations

import pytest

from tasks.domain.verdict.noninferiority import Guard, Harm, rate_guard, units_needed


def judged(
    before: list[int], after: list[int], rows_per_term: int = 1, held_rise: float | None = None
) -> Guard:
    """A guard over terms, each with that many rows, that allows a rise of 10 points."""
    terms = [n // rows_per_term for n in range(len(before))]
    harm = Harm("harm", "term", terms, before, after, [1] * len(before), 0.1, held_rise)
    return rate_guard(harm, 0.025)


def test_as_many_terms_as_are_needed_without_harm_hold_it_and_one_less_leaves_it_open() -> None:
    enough = units_needed(0.1, 0.025)
    held, opened = (judged([0] * terms, [0] * terms) for terms in (enough, enough - 1))
    assert (held.state, held.passed, opened.state, opened.passed) == ("held", True, "open", False)
    assert held.sentence.endswith("with 97.5 % confidence, within its limit 0.100.")
    assert opened.needed is not None
    assert opened.needed >= units_needed(0.1, 0.0125)
    assert opened.sentence.endswith(
        f"About {opened.needed} terms show a rise below 10% at the next look; there are 35."
    )


def test_a_rise_that_is_significantly_above_its_margin_breaks_it() -> None:
    broke = judged([0] * 40, [1] * 10 + [0] * 30)
    assert (broke.state, broke.comparison, broke.candidate) == ("broke", 0.0, 0.25)
    assert "broke: 0.000 → 0.250, significantly above its margin (p = 0.0" in broke.sentence


def test_a_rise_within_its_margin_breaks_nothing_however_many_terms_show_it() -> None:
    within = judged([0] * 400, [1] * 32 + [0] * 368)
    assert (within.state, within.p_value) == ("open", pytest.approx(0.93, abs=0.01))


def test_what_holds_an_open_guard_grows_with_the_rise_that_was_measured() -> None:
    none, some = (judged([0] * 60, [1] * harmed + [0] * (60 - harmed)) for harmed in (3, 5))
    assert none.needed is not None
    assert some.needed is not None
    assert 60 < none.needed < some.needed


def test_many_rows_of_few_terms_prove_nothing_whether_one_was_harmed_or_none() -> None:
    for harmed in (0, 1):
        guard = judged([0] * 100, [1] * harmed + [0] * (100 - harmed), rows_per_term=10)
        assert (guard.state, guard.units, guard.rows) == ("open", 10, 100)


def test_a_rise_to_disprove_that_is_larger_than_the_allowed_one_takes_fewer_terms() -> None:
    assert judged([0] * 20, [0] * 20, held_rise=0.2).state == "held"
    assert judged([0] * 20, [0] * 20).state == "open"


@pytest.mark.parametrize("sizes", [[], [0, 0]])
def test_rows_that_nothing_can_be_counted_over_leave_it_open(sizes: list[int]) -> None:
    guard = rate_guard(Harm("harm", "term", range(len(sizes)), sizes, sizes, sizes, 0.1), 0.025)
    assert (guard.state, guard.upper) == ("open", None)
    assert guard.sentence == "Guard harm is open. No row of the test side measures it."


def test_few_terms_that_all_got_better_prove_nothing_and_no_bound_is_called_too_high() -> None:
    keys = [f"term{n}" for n in range(26)]
    harm = Harm("other_terms", "term", keys, [1] * 20 + [0] * 6, [0] * 26, [1] * 26, 0.1)
    guard = rate_guard(harm, 0.025)
    assert guard.state == "open"
    assert guard.upper is not None
    assert guard.limit is not None
    assert guard.upper < guard.limit
    assert "within its limit 0.869. Fewer than 36 terms prove nothing" in guard.sentence
    assert guard.needed == 42  # for the next look, at half the level
