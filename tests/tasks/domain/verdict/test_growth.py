"""The growth plan names rows for the terms still missed, and for power."""

from collections.abc import Callable

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import RowScore
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.growth import growth_plan

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
    plan = growth_plan(
        rows,
        [0, 1, 2],
        ScoredHypotheses(["", "a", "b"], [score(1), score(0), score(0)]),
        3,
        ["drug"],
    )
    assert [(one.term, one.missed, one.held_out, one.rows_to_add) for one in plan] == [
        ("a", 1, 2, 5)
    ]
    assert plan[0].context_types == ("order",)
    assert plan[0].noise_levels == ("snr_5db",)
    assert plan[0].why == "missed on 1 of 2 held-out rows"


def test_a_benchmark_without_power_grows_every_priority_term(row: Maker, score: Scorer) -> None:
    rows = [row(term="a", text="a"), row(term="b", text="b", context_type="history")]
    rows += [row(term="c", text="c", entity_category="lab")]
    plan = growth_plan(rows, [0], ScoredHypotheses(["a"] * 3, [score(0)] * 3), 42, ["drug"])
    assert {one.term: one.rows_to_add for one in plan} == {"a": 20, "b": 20}
    assert plan[0].context_types == ("history",)
    assert plan[0].why == "the benchmark needs 40 more priority rows"


def test_only_held_out_misses_count(row: Maker, score: Scorer) -> None:
    rows = [row(term="a", text="a")] * 2
    assert (
        growth_plan(rows, [1], ScoredHypotheses(["", "a"], [score(1), score(0)]), 0, ["drug"]) == []
    )


def test_no_priority_row_gives_no_plan(row: Maker, score: Scorer) -> None:
    rows = [row(entity_category="lab")]
    assert growth_plan(rows, [0], ScoredHypotheses([""], [score(1)]), 100, ["drug"]) == []
