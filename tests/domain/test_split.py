"""The split: stratified, disjoint, and the same for the same seed."""

from collections.abc import Callable

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy
from tasks.domain.split import split_rows

Maker = Callable[..., ClinicalRow]


@pytest.mark.parametrize(
    ("rows", "held_out"), [(2, 1), (4, 1), (5, 1), (9, 1), (10, 2), (39, 7), (100, 20)]
)
def test_a_fifth_of_a_category_is_held_out_rounded_down_but_at_least_one(
    row: Maker, rows: int, held_out: int
) -> None:
    split = split_rows([row()] * rows, SplitPolicy())
    assert len(split.validation) == held_out
    assert sorted(split.train + split.validation) == list(range(rows))


def test_every_category_is_on_both_sides(row: Maker) -> None:
    rows = [row(entity_category=c) for c in ("drug", "lab", "role") for _ in range(6)]
    split = split_rows(rows, SplitPolicy())
    for side in (split.train, split.validation):
        assert {rows[position].entity_category for position in side} == {"drug", "lab", "role"}


def test_a_category_with_one_row_trains_and_says_so(row: Maker) -> None:
    split = split_rows([row(), row(), row(entity_category="lab")], SplitPolicy())
    assert 2 in split.train
    assert split.warnings == ("lab has one row: it trains and is not validated",)


def test_the_seed_decides_the_split(row: Maker) -> None:
    rows = [row()] * 50
    first = split_rows(rows, SplitPolicy())
    assert first == split_rows(rows, SplitPolicy(seed=42))
    assert first != split_rows(rows, SplitPolicy(seed=43))
