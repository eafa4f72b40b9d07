"""Critical changes: every changed dose, number, negation and left/right word is seen; spellings are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.domain.verdict.critical import (
    Change,
    _changes,
    critical_changes,
    critical_items,
    new_changes,
    parted,
    severity,
    written,
)
from tasks.domain.verdict.items import with_items
from tests.steps import IN_PROPORTION, growth, steps

ONES = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WRITTEN_UNITS = {  # short, and as it is spoken
    "mg": "milligrams",
    "mcg": "micrograms",
    "mL": "milliliters",
    "%": "percent",
    "units": "units",
    "mEq": "milliequivalents",
}


def changed(reference: str, hypothesis: str) -> tuple[Change, ...]:
    return critical_changes([reference], [hypothesis])[0]


def spoken(number: str) -> str:
    """Spell a number below 1,000 as it is spoken, its decimals digit by digit."""
    whole, _, decimals = number.partition(".")
    words = _spoken_whole(int(whole))
    return (
        f"{words} point {' '.join(ONES[int(digit)] for digit in decimals)}" if decimals else words
    )


def _spoken_whole(number: int) -> str:
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten - 2] + (f" {ONES[one]}" if one else "")
    hundred, rest = divmod(number, 100)
    return f"{ONES[hundred]} hundred" + (f" {_spoken_whole(rest)}" if rest else "")


@pytest.mark.parametrize(
    ("reference", "hypothesis", "column"),
    [
        ("warfarin 1.5 mg", "warfarin 15 mg", "1.5 mg → 15 mg"),
        ("INR 2.3", "INR 23", "2.3 → 23"),
        ("give .5 mg", "give 5 mg", "0.5 mg → 5 mg"),
        ("pressure 120/80", "pressure 12080", "120/80 → 12080"),
        ("saline 0.9 %", "saline 09 %", "0.9 % → 9 %"),
        ("give 5 mg now", "give 5 mcg now", "5 mg → 5 mcg"),
        ("give 5 mg now", "give 5 now", "5 mg → 5"),
        ("give 5 mg now", "give now", "5 mg →"),
        ("give it now", "give 5 mg now", "→ 5 mg"),
        ("give 2 of them", "give 20 of them", "2 → 20"),
        ("no pain", "pain", "no →"),
        ("has pain", "has not pain", "→ not"),
        ("the left knee", "the right knee", "left → right"),
        ("fifteen milligrams", "fifty milligrams", "15 mg → 50 mg"),
        ("no left lung, 5 mg", "right lung, 50 mg", "no →; left → right; 5 mg → 50 mg"),
    ],
)
def test_a_change_shows_from_what_to_what(reference: str, hypothesis: str, column: str) -> None:
    assert written(changed(reference, hypothesis)) == column


@pytest.mark.parametrize(
    ("reference", "hypothesis"),
    [
        ("give fifteen milligrams", "give 15mg"),
        ("1.5 mg", "one point five milligrams"),
        ("120/80", "one twenty over eighty"),
        ("he doesn't smoke", "he does not smoke"),
        ("can't breathe", "cannot breathe"),
        ("5 micrograms", "5 mcg"),
        ("ten units", "10 units"),
        ("the knee", "the need"),
        ("", ""),
        ("the knee", ""),
    ],
)
def test_another_way_of_writing_and_other_words_are_no_change(
    reference: str, hypothesis: str
) -> None:
    assert changed(reference, hypothesis) == ()


@pytest.mark.parametrize(
    ("reference", "hypothesis", "factor"),
    [
        ("1.5 mg", "15 mg", 10.0),
        ("5 mg", "5 mcg", 0.001),
        ("5 mL", "5 liters", 1000.0),
        ("5 mg/kg", "50 mg/kg", 10.0),
        ("2 of them", "20 of them", 10.0),
        ("once", "twice", 2.0),
        ("0 mg", "5 mg", None),
        ("5 mg", "5 mL", None),
        ("5 mg", "5", None),
        ("minus 5", "5", None),
        ("120/80", "120/90", None),
        ("no pain", "pain", None),
    ],
)
def test_a_change_has_the_factor_between_its_values_where_there_is_one(
    reference: str, hypothesis: str, factor: float | None
) -> None:
    (change,) = changed(reference, hypothesis)
    assert change.factor == factor


def test_a_dose_ten_times_larger_is_written_with_its_factor() -> None:
    (change,) = changed("warfarin 1.5 mg", "warfarin 15 mg")
    assert change.text_with_factor == "1.5 mg → 15 mg (×10)"


def test_a_changed_dose_is_paired_with_the_dose_in_its_place() -> None:
    reference = "give 5 mg of warfarin and 10 mg of digoxin, not 2"
    hypothesis = "give of warfarin and 100 mg of digoxin, not 2"
    assert written(changed(reference, hypothesis)) == "5 mg →; 10 mg → 100 mg"
    swapped = "give 10 mg of warfarin and 5 mg of digoxin, not 2"
    assert written(changed(reference, swapped)) == "5 mg → 10 mg; 10 mg → 5 mg"


def test_a_dose_whose_number_alone_is_left_is_paired_with_it_beside_another_insertion() -> None:
    assert written(changed("10 mg now", "10 of it 5 now")) == "10 mg → 10; → 5"


def test_a_negation_is_never_paired_with_a_dose() -> None:
    assert written(changed("no", "5 mg")) == "no →; → 5 mg"


def test_an_empty_reference_counts_what_is_inserted() -> None:
    assert [written(row) for row in critical_changes(["", "left"], ["5 mg", ""])] == [
        "→ 5 mg", "left →",
    ]  # fmt: skip


def test_the_rows_of_a_table_run_in_parallel() -> None:
    references = ["the knee", "no pain", "the knee", "left"]
    hypotheses = ["the knee", "no pain", "the sore knee", "right"]
    assert [len(row) for row in critical_changes(references, hypotheses)] == [0, 0, 0, 1]
    with pytest.raises(ValueError, match="zip"):
        critical_changes(["a"], [])


def test_a_dose_is_one_critical_item() -> None:
    (counted,) = critical_items(["no more than 1.5 mg twice daily in the left arm"])
    assert counted == {"negation": 1, "dose": 2, "laterality": 1}


def test_rows_with_a_changed_dose_come_before_rows_with_another_change() -> None:
    rows = critical_changes(["no", "left", "2", "2 mg", "none"], ["", "", "3", "3 mg", "none"])
    assert sorted(range(5), key=lambda n: severity(rows[n])) == [3, 2, 0, 1, 4]


def test_what_the_comparison_model_changed_too_is_not_new() -> None:
    five, other = Change("dose", "5 mg", "50 mg", 10.0), Change("dose", "5 mg", "5 g", 1000.0)
    negation = Change("negation", "no", "")
    assert new_changes([five], [other, negation]) == (negation,)
    assert new_changes([five], [other, five]) == (five,), "the second 5 mg was right before"
    assert new_changes([], [five]) == (five,)


values = st.one_of(
    st.integers(1, 999).map(str),
    st.decimals("0.01", "99.99", places=2).map(lambda value: f"{value.normalize():f}"),
)
doses = st.tuples(values, st.sampled_from(sorted(WRITTEN_UNITS)))
MANY = settings(max_examples=2_000, deadline=None)


def sentence(dose: str) -> str:
    return f"do not give {dose} to the left arm"


@pytest.mark.slow
@MANY
@given(doses, st.data())
def test_in_2000_doses_a_lost_or_changed_digit_point_or_unit_is_always_seen(
    dose: tuple[str, str], data: st.DataObject
) -> None:
    number, unit = dose
    digits = [n for n, letter in enumerate(number) if letter.isdigit()]
    place = data.draw(st.sampled_from(digits))
    digit = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))
    numbers = {
        number[:place] + digit + number[place + 1 :],
        number[:place] + number[place + 1 :],
        number.replace(".", ""),
    }
    numbers = {one for one in numbers if one.strip(".") and float(one) != float(number)}
    others = [other for other in WRITTEN_UNITS if other != unit]
    wrong = [
        *(f"{one} {unit}" for one in sorted(numbers)),
        f"{number} {data.draw(st.sampled_from(others))}",
        number,
        unit,
        "",
    ]
    texts = [sentence(f"{number} {unit}")] * len(wrong)
    for text, found in zip(wrong, critical_changes(texts, [*map(sentence, wrong)]), strict=True):
        assert len(found) == 1, (dose, text, found)
        assert found[0].kind == "dose"
        assert found[0].before.startswith(number)


@pytest.mark.slow
@MANY
@given(doses)
def test_in_2000_doses_a_lost_negation_or_another_side_is_always_seen(
    dose: tuple[str, str],
) -> None:
    reference = sentence(" ".join(dose))
    assert written(changed(reference, reference.replace("not ", ""))) == "not →"
    assert written(changed(reference.replace("not ", ""), reference)) == "→ not"
    assert written(changed(reference, reference.replace("left", "right"))) == "left → right"
    assert written(changed(reference, reference.replace("left ", ""))) == "left →"


@pytest.mark.slow
@MANY
@given(doses)
def test_in_2000_doses_another_way_of_writing_is_never_a_change(dose: tuple[str, str]) -> None:
    number, unit = dose
    assume(float(number) > 0)
    long = WRITTEN_UNITS[unit]
    ways = [
        f"{number}{unit}",
        f"{number} {long}",
        f"{spoken(number)} {long}",
        f"{number.removeprefix('0')} {unit}",
        f"{number}0 {unit}" if "." in number else f"{number}.0 {unit}",
    ]
    texts = [sentence(f"{number} {unit}")] * len(ways)
    found = critical_changes(texts, [*map(sentence, ways)])
    assert found == [()] * len(ways), dict(zip(ways, found, strict=True))


BETWEEN = (
    "give knee not left twice 2nd 5th 5 1.5 120 over 80 gram kilogram per day a each every times hour "
    "daily tablet tablets half degree celsius square meter am"
)
texts = st.lists(st.sampled_from(BETWEEN.split()), max_size=9)


@pytest.mark.slow
@settings(max_examples=1_000, deadline=None)
@given(texts, texts, texts, texts)
def test_what_two_texts_have_in_common_around_their_difference_changes_nothing(
    begin: list[str], ours: list[str], theirs: list[str], end: list[str]
) -> None:
    reference, hypothesis = [*begin, *ours, *end], [*begin, *theirs, *end]
    whole = _changes(with_items(reference), with_items(hypothesis))
    assert _changes(*map(with_items, parted(reference, hypothesis))) == whole


def test_of_a_long_text_with_one_other_word_that_word_alone_is_looked_at() -> None:
    words = ["the", "knee", "was", "seen", "today"] * 20
    assert parted(words, [*words[:50], "hip", *words[51:]]) == (["the"], ["hip"])


def test_a_hypothesis_of_ten_thousand_numbers_is_aligned_in_time_in_proportion() -> None:
    def prepare(count: int) -> Callable[[], object]:
        hypothesis = " ".join(["give", *["7 of"] * count])
        assert len(changed("give 5 mg", hypothesis)) == count
        return lambda: changed("give 5 mg", hypothesis)

    assert growth(prepare, 1_000) < IN_PROPORTION


def change_texts(reference: str, hypothesis: str) -> list[str]:
    return [change.text for change in critical_changes([reference], [hypothesis])[0]]


def test_a_temperature_in_another_scale_and_a_dose_twelve_hours_later_are_changes() -> None:
    assert change_texts("38 °C", "38 °F") == ["38 °C → 38 °F"]
    assert change_texts("at 8 am", "at 8 pm") == ["8 am → 8 pm"]
    assert change_texts("10 mg bid", "10 mg tid") == ["bid → tid"]
    assert change_texts("on June 25th", "on June 26th") == ["25 → 26"]
    assert change_texts("third degree burn", "fourth degree burn") == ["3rd → 4th"]


def test_doses_that_changed_places_are_two_changes() -> None:
    swapped = change_texts("aspirin 81 mg, metoprolol 25 mg", "aspirin 25 mg, metoprolol 81 mg")
    assert swapped == ["81 mg → 25 mg", "25 mg → 81 mg"]


def test_very_many_items_are_paired_as_they_come() -> None:
    doses = " ".join(f"{n} mg" for n in range(600))
    others = " ".join(f"{n} mL" for n in range(1_000, 1_601))
    found = change_texts(doses, others)
    assert (found[1], found[-1]) == ("1 mg → 1001 mL", "→ 1600 mL")


def test_the_changes_of_the_same_rows_are_looked_for_once() -> None:
    """Results, guards, audits and report of one verdict each ask for those of all rows."""
    references = [f"start drug{n} {n} mg twice a day" for n in range(100)]
    transcripts = [f"start drug {n} mcg twice a day" for n in range(100)]
    first, again = (steps(lambda: critical_changes(references, transcripts)) for _ in range(2))
    assert again < first / 20
