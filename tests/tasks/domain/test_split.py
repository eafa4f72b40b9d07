"""The split: stratified, disjoint, and the same for the same seed."""

import time
from collections.abc import Callable

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy
from tasks.domain.split import fold_faults, fold_splits, group_keys, split_rows

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


@pytest.mark.parametrize("group_by", ["text", "term"])
@pytest.mark.parametrize("seed", range(5))
def test_a_group_never_stands_on_both_sides(row: Maker, group_by: str, seed: int) -> None:
    """Even a sentence that two categories share."""
    rows = [
        row(term=f"t{n % 7}", text=f"give t{n % 7} at {n % 11}", entity_category=category)
        for category in ("drug", "lab")
        for n in range(60)
    ]
    policy = SplitPolicy.model_validate({"group_by": group_by, "seed": seed})
    split = split_rows(rows, policy)
    keys = group_keys(rows, policy)
    assert not {keys[p] for p in split.train} & {keys[p] for p in split.validation}
    assert sorted(split.train + split.validation) == list(range(120))
    for category in ("drug", "lab"):
        held_out = [p for p in split.validation if rows[p].entity_category == category]
        assert 12 <= len(held_out) <= 60 - 7


def test_a_category_of_one_group_trains_whole_with_a_warning(row: Maker) -> None:
    rows = [row(entity_category="lab")] * 6 + [row(term=f"t{n}", text=f"t{n}") for n in range(10)]
    split = split_rows(rows, SplitPolicy(group_by="term"))
    assert set(range(6)) <= set(split.train)
    assert split.warnings == ("lab has one term: it trains and is not validated",)


@pytest.mark.parametrize("group_by", ["row", "text"])
def test_folds_hold_each_row_out_once_and_share_the_categories(row: Maker, group_by: str) -> None:
    rows = [row(term=f"t{n}", text=f"t{n}") for n in range(40)] + [
        row(entity_category="lab", term=f"l{n}", text=f"l{n}") for n in range(10)
    ]
    folds = fold_splits(rows, SplitPolicy.model_validate({"group_by": group_by}), 5)
    assert sorted(p for fold in folds for p in fold.validation) == list(range(50))
    for fold in folds:
        assert sorted(fold.train + fold.validation) == list(range(50))
        assert [rows[p].entity_category for p in fold.validation].count("lab") == 2


def test_a_category_with_fewer_rows_than_folds_is_said(row: Maker) -> None:
    rows = [row(term=f"t{n}", text=f"t{n}") for n in range(10)] + [row(entity_category="lab")]
    assert fold_splits(rows, SplitPolicy(), 3)[0].warnings == (
        "lab has fewer rows than folds: some fold holds none of it out",
    )


def test_more_folds_than_rows_or_groups_can_fill_is_a_fault(row: Maker) -> None:
    rows = [row(term=f"t{n % 4}", text=f"t{n % 4}") for n in range(10)]
    assert fold_faults(rows, SplitPolicy(), 10) == []
    assert fold_faults(rows, SplitPolicy(), None) == []
    assert "folds: expected at most 10" in str(fold_faults(rows, SplitPolicy(), 11)[0])
    assert "4 terms to keep together" in str(fold_faults(rows, SplitPolicy(group_by="term"), 5)[0])


def test_a_split_by_sentence_takes_time_in_proportion_to_its_rows(
    row: Callable[..., ClinicalRow],
) -> None:
    rows = [row(text=f"give metoprolol, number {n // 2}") for n in range(20_000)]
    began = time.monotonic()
    split = split_rows(rows, SplitPolicy(group_by="text"))
    assert time.monotonic() - began < 4  # 0.1 s; it was quadratic, and took 8
    assert len(split.validation) == 4_000
