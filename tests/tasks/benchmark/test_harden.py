"""A mastered benchmark goes on with conditions above those it has, and with more voices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.harden import (
    LADDER,
    condition_of,
    current_conditions,
    harder_conditions,
    more_voices,
    rows_per_term_needed,
    shortage,
    what_helps,
)
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import BuildPolicy, Policy

Maker = Callable[..., ClinicalRow]


def test_no_rung_is_there_twice() -> None:
    assert len(set(LADDER)) == len(LADDER)


def test_the_usual_conditions_are_on_the_ladder() -> None:
    assert set(map(Condition.of, BuildPolicy().noise_levels)) <= set(LADDER)


@pytest.mark.parametrize("reached", range(len(LADDER) - 3))
def test_the_next_rungs_are_above_the_hardest_in_use(reached: int) -> None:
    used = [LADDER[reached], LADDER[0]]
    assert harder_conditions(used) == LADDER[reached + 1 : reached + 4]


def test_at_the_top_the_topmost_rungs_stay() -> None:
    assert harder_conditions(LADDER) == harder_conditions(LADDER[-3:]) == LADDER[-3:]


def test_a_condition_on_no_rung_counts_as_the_lowest() -> None:
    assert harder_conditions([Condition("pink", 42.0)]) == LADDER[1:4]


def test_voices_in_use_stay_and_others_follow_while_there_are_any() -> None:
    assert more_voices(["b"], ["a", "b", "c"], more=5) == ("b", "a", "c")


def test_a_row_names_its_condition() -> None:
    assert [condition_of(one.fields) for one in LADDER] == list(LADDER)


def test_a_benchmark_keeps_the_rungs_that_were_added_last() -> None:
    levels = list(map(Condition.of, BuildPolicy().noise_levels))
    used = [*levels]
    for reached in (6, 9, 12):
        used += harder_conditions([*levels, *used])
        assert current_conditions(used, levels) == LADDER[reached - 3 : reached]
    used += harder_conditions(used)
    assert current_conditions(used, levels) == LADDER[-3:]


def benchmark(row: Maker, terms: int, each: int, category: str = "drug") -> list[ClinicalRow]:
    return [
        row(term=f"{category}{n}", entity_category=category)
        for n in range(terms)
        for _ in range(each)
    ]


def test_twelve_terms_of_eight_rows_need_nine(row: Maker) -> None:
    rows = benchmark(row, 12, 8)
    assert shortage(rows, Policy()) == ["The benchmark has 96 rows; a fine-tune needs 100: add 4."]
    assert what_helps(rows, Policy()) == (
        "`build: {rows_per_term: 9}` in flywheel.yaml, or more terms in terms.csv"
    )
    assert shortage(benchmark(row, 12, 9), Policy()) == []


@pytest.mark.parametrize(
    ("build", "needed"),
    [
        ({"rows_per_term": 8}, 13),  # 4 drugs and 4 labs of 8 rows: 36 rows lack
        ({"rows_per_term": 8, "rows_per_other_term": 8}, 17),  # the labs stay as they are
    ],
)
def test_terms_of_other_categories_grow_where_the_policy_lets_them(
    row: Maker, build: dict[str, Any], needed: int
) -> None:
    rows = benchmark(row, 4, 8) + benchmark(row, 4, 8, "lab")
    assert rows_per_term_needed(rows, Policy.model_validate({"build": build})) == needed


def test_a_priority_category_with_too_few_rows_counts_too(row: Maker) -> None:
    policy = Policy.model_validate({"build": {"rows_per_term": 2, "rows_per_other_term": 10}})
    rows = benchmark(row, 1, 2) + benchmark(row, 12, 10, "lab")
    assert rows_per_term_needed(rows, policy) == 5


def test_rows_that_were_refused_are_taken_to_be_refused_again(row: Maker) -> None:
    assert rows_per_term_needed(benchmark(row, 12, 7), Policy()) == 10


def test_rows_that_a_growth_plan_added_do_not_come_twice(row: Maker) -> None:
    """One of the nine terms has twenty rows already: eight others grow, from 8 to 10."""
    rows = benchmark(row, 9, 8) + benchmark(row, 1, 12)
    assert len(rows) == 84
    assert rows_per_term_needed(rows, Policy()) == 10


@pytest.mark.parametrize("terms", [0, 1])
def test_too_few_terms_need_others(row: Maker, terms: int) -> None:
    policy = Policy.model_validate({"gate": {"min_rows": 300}})
    assert what_helps(benchmark(row, terms, 8), policy) == "more terms in terms.csv"
