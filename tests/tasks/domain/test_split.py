"""The split: three sides, stable as the benchmark grows, and the published one exactly."""

from collections.abc import Callable, Sequence
from itertools import count as count_up

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy
from tasks.domain.split import (
    Side,
    Split,
    fold_faults,
    fold_splits,
    group_ids,
    shared_clip_faults,
    split_rows,
)
from tests.steps import IN_PROPORTION, growth

Maker = Callable[..., ClinicalRow]
ROW = SplitPolicy(group_by="row")
GROUPS = ("text", "term", "voice")


def rows_of(cells: Sequence[tuple[int, int, int]]) -> list[ClinicalRow]:
    """Rows by the numbers of their term, sentence and voice; a clip each."""
    return [
        ClinicalRow.model_construct(
            audio_filepath=f"{term}-{sentence}-{voice}-{n}.wav", duration=1.0,
            text=f"say term{term} in sentence {sentence}", term=f"term{term}",
            entity_category="drug" if term % 3 else "lab", ipa_source="override",
            voice_id=f"v{voice}", noise_level="clean", context_type="order",
        )
        for n, (term, sentence, voice) in enumerate(cells)
    ]  # fmt: skip


def sides(rows: Sequence[ClinicalRow], split: Split, policy: SplitPolicy) -> dict[str, Side]:
    keys, found = group_ids(rows, policy), {}
    for name, positions in (
        ("train", split.train), ("validation", split.validation), ("test", split.test),
    ):  # fmt: skip
        for position in positions:
            assert found.setdefault(keys[position], name) == name, "a group on two sides"
    return found  # type: ignore[return-value]


def everywhere(split: Split) -> list[int]:
    return sorted(split.train + split.validation + split.test)


CELLS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 5), st.integers(0, 4)), min_size=2, max_size=60
)


@given(cells=CELLS, more=CELLS, order=st.randoms(), group_by=st.sampled_from(GROUPS))
@settings(max_examples=150, deadline=None)
def test_adding_or_reordering_rows_moves_no_row_to_another_side(
    cells: list[tuple[int, int, int]],
    more: list[tuple[int, int, int]],
    order: object,
    group_by: str,
) -> None:
    policy = SplitPolicy.model_validate({"group_by": group_by})
    before = rows_of(cells)
    first = sides(before, split_rows(before, policy), policy)
    shuffled = list(before)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert sides(shuffled, split_rows(shuffled, policy), policy) == first
    grown = [*shuffled, *rows_of([*cells, *more])[len(cells) :]]
    second = split_rows(grown, policy, first)
    assert everywhere(second) == list(range(len(grown)))
    found = sides(grown, second, policy)
    assert {key: found[key] for key in first} == first


@pytest.mark.parametrize("group_by", GROUPS)
@pytest.mark.parametrize("seed", range(5))
def test_a_group_is_never_on_two_sides(group_by: str, seed: int) -> None:
    rows = rows_of([(n % 12, n % 5, n % 7) for n in range(420)])
    policy = SplitPolicy.model_validate({"group_by": group_by, "seed": seed})
    split = split_rows(rows, policy)
    assert everywhere(split) == list(range(420))
    sides(rows, split, policy)
    assert len(split.test) >= 84
    assert split.validation


def test_of_each_term_whole_sentences_are_held_out_until_a_fifth_of_its_rows_is() -> None:
    rows = rows_of([(term, n % 5, n % 2) for term in range(10) for n in range(10)])
    split = split_rows(rows, SplitPolicy())
    for term in range(10):
        held_out = [p for p in split.test if rows[p].term == f"term{term}"]
        assert len(held_out) == 2
        assert len({rows[p].text for p in held_out}) == 1


def test_a_term_with_one_sentence_trains_and_the_split_is_reported() -> None:
    rows = rows_of([(0, 0, n) for n in range(4)] + [(1, n, 0) for n in range(5)])
    split = split_rows(rows, SplitPolicy())
    assert set(range(4)) <= {*split.train, *split.validation}
    assert split.warnings == ("1 of 2 terms have one sentence: they train, untested",)


def test_a_tenth_of_the_other_sentences_is_for_validation_and_leaves_each_term_one_to_train_on() -> (
    None
):
    rows = rows_of([(term, sentence, 0) for term in range(20) for sentence in range(5)])
    split = split_rows(rows, SplitPolicy())
    assert len(split.test) == 20
    assert len(split.validation) == 8
    assert {rows[p].term for p in split.train} == {f"term{n}" for n in range(20)}


def test_two_sentences_leave_one_to_train_on_and_none_for_validation() -> None:
    split = split_rows(rows_of([(0, 0, 0), (0, 1, 0)]), SplitPolicy())
    assert (len(split.train), len(split.test), split.validation) == (1, 1, ())


def test_the_seed_decides_the_split() -> None:
    rows = rows_of([(n % 10, n % 5, 0) for n in range(50)])
    first = split_rows(rows, SplitPolicy())
    assert first == split_rows(rows, SplitPolicy(seed=42))
    assert first != split_rows(rows, SplitPolicy(seed=43))


@pytest.mark.parametrize(
    ("rows", "held_out"), [(2, 1), (4, 1), (5, 1), (9, 1), (10, 2), (39, 7), (100, 20)]
)
def test_the_published_split_holds_out_a_fifth_of_a_category_rounded_down_but_at_least_one(
    row: Maker, rows: int, held_out: int
) -> None:
    split = split_rows([row(audio_filepath=f"{n}.wav") for n in range(rows)], ROW)
    assert len(split.test) == held_out
    assert everywhere(split) == list(range(rows))


def test_the_published_mode_divides_just_as_published(row: Maker) -> None:
    """By category, train_test_split with seed 42, and no validation rows of their own."""
    categories = ["drug", "lab", "role"] * 13
    rows = [row(entity_category=c, audio_filepath=f"{n}.wav") for n, c in enumerate(categories)]
    split = split_rows(rows, ROW, published=True)
    expected: list[int] = []
    for category in sorted(set(categories)):
        members = [n for n, one in enumerate(categories) if one == category]
        count = max(1, int(0.2 * len(members)))
        expected += train_test_split(members, test_size=count, random_state=42)[1]
    assert list(split.test) == sorted(expected)
    assert split.validation == ()
    ours = split_rows(rows, ROW)
    assert ours.test == split.test
    assert sorted(ours.train + ours.validation) == list(split.train)


def test_a_clip_of_several_terms_is_on_one_side_and_cannot_be_divided_by_term(row: Maker) -> None:
    rows = [
        row(audio_filepath=f"{n // 2}.wav", text=f"number {n // 2}", entity_category=category)
        for n, category in enumerate(["drug", "lab"] * 40)
    ]
    for policy in (ROW, SplitPolicy()):
        split = split_rows(rows, policy)
        clips = [{rows[p].audio_filepath for p in side} for side in (split.train, split.test)]
        assert clips[0].isdisjoint(clips[1])
    (fault,) = shared_clip_faults(rows, SplitPolicy(group_by="term"))
    assert "expected text, voice or row: 40 clips have several terms" in str(fault)
    assert shared_clip_faults(rows, ROW) == []
    assert shared_clip_faults(rows[::2], SplitPolicy(group_by="term")) == []


def test_a_category_with_one_row_trains_and_reports_it(row: Maker) -> None:
    rows = [row(audio_filepath=f"{n}.wav", entity_category=c) for n, c in enumerate(["drug"] * 2)]
    split = split_rows([*rows, row(audio_filepath="l.wav", entity_category="lab")], ROW)
    assert 2 not in split.test
    assert split.warnings == ("lab has one row: it trains and is not tested",)


@pytest.mark.parametrize("group_by", ["row", "text"])
def test_folds_test_each_row_once_share_the_categories_and_validate_on_other_rows(
    row: Maker, group_by: str
) -> None:
    rows = [row(term=f"t{n}", text=f"t{n}", audio_filepath=f"t{n}") for n in range(40)] + [
        row(entity_category="lab", term=f"l{n}", text=f"l{n}", audio_filepath=f"l{n}")
        for n in range(10)
    ]
    folds = fold_splits(rows, SplitPolicy.model_validate({"group_by": group_by}), 5)
    assert sorted(p for fold in folds for p in fold.test) == list(range(50))
    for fold in folds:
        assert everywhere(fold) == list(range(50))
        assert len(fold.validation) == 4
        assert [rows[p].entity_category for p in fold.test].count("lab") == 2


def test_folds_follow_from_the_rows_and_not_from_their_order() -> None:
    rows = rows_of([(n % 10, n % 5, n) for n in range(50)])
    ours, theirs = (fold_splits(one, SplitPolicy(), 3) for one in (rows, rows[::-1]))
    for mine, other in zip(ours, theirs, strict=True):
        assert {rows[p].audio_filepath for p in mine.test} == {
            rows[::-1][p].audio_filepath for p in other.test
        }


def test_a_category_with_fewer_rows_than_folds_is_reported(row: Maker) -> None:
    rows = [row(term=f"t{n}", text=f"t{n}") for n in range(10)] + [row(entity_category="lab")]
    assert fold_splits(rows, SplitPolicy(), 3)[0].warnings == (
        "lab has fewer rows than folds: some fold tests none of it",
    )


def test_more_folds_than_rows_or_groups_can_fill_is_a_fault(row: Maker) -> None:
    rows = [row(term=f"t{n % 4}", text=f"t{n}", audio_filepath=f"{n}") for n in range(10)]
    assert fold_faults(rows, ROW, 10) == []
    assert fold_faults(rows, SplitPolicy(), None) == []
    assert "folds: expected at most 10" in str(fold_faults(rows, ROW, 11)[0])
    assert "4 terms to keep together" in str(fold_faults(rows, SplitPolicy(group_by="term"), 5)[0])


@pytest.mark.slow
def test_a_split_by_sentence_takes_time_in_proportion_to_its_rows(row: Maker) -> None:
    seeds = count_up()

    def prepare(count: int) -> Callable[[], object]:
        rows = [row(text=f"give metoprolol, number {n // 2}") for n in range(count)]
        assert len(split_rows(rows, SplitPolicy()).test) == count // 5
        return lambda: split_rows(rows, SplitPolicy(seed=next(seeds)))  # groups are kept by seed

    assert growth(prepare, 2_000) < IN_PROPORTION


def test_a_sentence_that_is_written_in_two_ways_stays_on_one_side(row: Maker) -> None:
    texts = ["give 5 mg metoprolol", "Give five milligrams metoprolol.", "give 50 mg metoprolol"]
    ids = group_ids([row(text=text) for text in texts], SplitPolicy())
    assert ids[0] == ids[1] != ids[2]
