"""The growth plan names rows for the terms still missed, and how many terms to find."""

from collections.abc import Callable

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.scores import RowScore, Scores
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.growth import growth_plan, lacking_terms, share_out
from tests.steps import IN_PROPORTION, growth

Maker = Callable[..., ClinicalRow]
Scorer = Callable[[int], RowScore]


def test_a_missed_term_gets_rows_in_the_contexts_and_noise_it_was_missed_in(
    row: Maker, score: Scorer
) -> None:
    rows = [
        row(term="a", text="a", context_type="order", noise_level="snr_5db"),
        row(term="a", text="a", context_type="history"),
        row(term="b", text="b"),
    ]
    heard = ScoredHypotheses.alike(["", "a", "b"], Scores.of([score(1), score(0), score(0)]))
    plan = growth_plan(rows, [0, 1, 2], heard, {}, ["drug"])
    assert [(one.term, one.missed, one.held_out, one.rows_to_add) for one in plan] == [
        ("a", 1, 2, 5)
    ]
    assert plan[0].context_types == ("order",)
    assert plan[0].noise_levels == ("snr_5db",)
    assert plan[0].why == "missed on 1 of 2 test rows"


def test_what_the_verdict_lacks_is_asked_for_in_new_terms_not_in_rows_of_the_old(
    row: Maker, score: Scorer
) -> None:
    rows = [row(term="a", text=f"a {n}") for n in range(6)]
    rows += [row(term="c", text="c", entity_category="lab")]
    heard = ScoredHypotheses.alike([""] * 7, Scores.of([score(0)] * 7))
    plan = growth_plan(rows, [0], heard, {"drug": 40, "lab": 2}, ["drug"])
    assert [(one.term, one.entity_category, one.new_terms, one.rows_to_add) for one in plan] == [
        ("", "drug", 40, 240),
        ("", "lab", 2, 2),
    ]
    assert plan[0].why == "the verdict needs 40 more drug terms"


def test_only_missed_test_rows_of_priority_categories_count(row: Maker, score: Scorer) -> None:
    rows = [row(term="a", text="a"), row(term="a", text="a"), row(term="l", entity_category="lab")]
    heard = ScoredHypotheses.alike(["", "a", ""], Scores.of([score(1), score(0), score(1)]))
    assert growth_plan(rows, [1, 2], heard, {}, ["drug"]) == []


def test_lacking_terms_go_to_the_categories_that_have_fewest(row: Maker) -> None:
    rows = [row(term=f"d{n}") for n in range(5)]
    rows += [row(term=f"l{n}", entity_category="lab") for n in range(3)]
    rows += [row(term="r", entity_category="role")]
    assert share_out(rows, ["drug"], 4, 4) == {"drug": 4, "role": 3, "lab": 1}
    assert share_out(rows, ["drug"], 0, 0) == {}
    assert share_out(rows[:5], ["drug"], 0, 2) == {"condition": 2}


def test_other_terms_are_lacking_only_while_they_leave_their_guard_open(row: Maker) -> None:
    """36 terms without harm show ten points at the first look; three stand on the test side."""
    rows = [row(term="d"), *(row(term=f"l{n}", entity_category="lab") for n in range(4))]

    def lacking(guards: set[str], look: int = 1) -> dict[str, int]:
        missed = [0] * len(rows)
        return lacking_terms(
            rows, missed, range(4), Policy(), look=look, open_guards=guards, general_clips=0
        )

    assert lacking({"general_wer"}) == {}
    assert lacking({"other_terms"}) == {"lab": 33}
    assert lacking({"other_terms"}, look=2)["lab"] > 33


@pytest.mark.slow
def test_a_plan_takes_time_in_proportion_to_its_rows(row: Maker, score: Scorer) -> None:
    def prepare(count: int) -> Callable[[], object]:
        rows = [row(term=f"term{n // 2}", text=f"give term{n // 2}, {n}") for n in range(count)]
        missed = ScoredHypotheses.alike([""] * count, Scores.of([score(1)] * count))
        assert len(growth_plan(rows, range(count), missed, {}, ["drug"])) == count // 2
        return lambda: growth_plan(rows, range(count), missed, {}, ["drug"])

    assert growth(prepare, 2_000) < IN_PROPORTION
