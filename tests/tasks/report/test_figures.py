"""Rates of a chart carry an interval that takes rows of one term as one observation."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from scipy.stats import binomtest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import Pair, score_pair
from tasks.report.figures import change, changes_by, ker_point

Row = Callable[..., ClinicalRow]


def missing(rows: list[ClinicalRow], before: set[int], after: set[int]) -> Pair:
    """Two models that miss the rows at these positions."""
    texts, terms = [row.text for row in rows], [row.term for row in rows]
    both = [
        ["" if n in missed else text for n, text in enumerate(texts)] for missed in (before, after)
    ]
    return score_pair(texts, terms, *both)


@pytest.mark.parametrize("missed", [0, 1, 13, 25, 26])
def test_with_a_row_a_term_the_interval_is_that_of_clopper_and_pearson(missed: int) -> None:
    exact = binomtest(missed, 26).proportion_ci(0.95, method="exact")
    interval = ker_point(missed / 26, 26).interval
    assert interval == pytest.approx((exact.low, exact.high), abs=0.001)


def test_more_rows_of_the_same_terms_do_not_narrow_an_interval(row: Row) -> None:
    once = [row(term=f"term{n}", text=f"start term{n}") for n in range(10)]
    thrice = once * 3
    one = change("drug", once, missing(once, {0, 1}, {0}))
    three = change("drug", thrice, missing(thrice, {0, 1, 10, 11, 20, 21}, {0, 10, 20}))
    assert one is not None
    assert three is not None
    assert one.after == three.after
    assert (one.label, three.label) == ("drug (10)", "drug (30)")


def test_a_group_without_rows_has_no_figure() -> None:
    assert change("drug", [], score_pair([], [], [], [])) is None


def test_groups_with_most_rows_are_compared_up_to_a_limit(row: Row) -> None:
    rows = [row(voice_id=voice) for voice in ("a", "b", "b", "c", "c", "c")]
    found = changes_by("voice_id", rows, missing(rows, {0, 1}, {3}), limit=2)
    assert [one.label for one in found] == ["c (3)", "b (2)"]
    assert [one.after.value for one in found] == pytest.approx([1 / 3, 0])
    assert [one.before.value for one in found if one.before] == [0, 0.5]
