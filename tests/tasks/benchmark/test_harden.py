"""A mastered benchmark goes on with conditions above those it has, and with more voices."""

from __future__ import annotations

import pytest

from tasks.benchmark.conditions import Condition
from tasks.benchmark.harden import (
    LADDER,
    condition_of,
    harder_conditions,
    more_voices,
    standing_conditions,
)
from tasks.domain.policy import BuildPolicy


def test_no_rung_stands_twice() -> None:
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


def test_a_row_says_its_condition() -> None:
    assert [condition_of(one.fields) for one in LADDER] == list(LADDER)


def test_a_benchmark_stands_in_the_rungs_that_were_added_last() -> None:
    levels = list(map(Condition.of, BuildPolicy().noise_levels))
    used = [*levels]
    for reached in (6, 9, 12):
        used += harder_conditions([*levels, *used])
        assert standing_conditions(used, levels) == LADDER[reached - 3 : reached]
    used += harder_conditions(used)
    assert standing_conditions(used, levels) == LADDER[-3:]
