"""Critical items in canonical words: what is one, what counts as one, which two are equal."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.units import UNIT_NAMES
from tasks.domain.verdict.items import UNITS, Item, is_critical, items, scale


def found(text: str) -> list[Item]:
    return items(canonical(text).split())


def shown(text: str) -> list[tuple[str, str]]:
    return [(item.kind, item.text) for item in found(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("give 2.5 mg", [("dose", "2.5 mg")]),
        ("one point five milligrams", [("dose", "1.5 mg")]),
        ("5 mcg and 0.9 % in 100 mL", [("dose", "5 mcg"), ("dose", "0.9 %"), ("dose", "100 mL")]),
        ("2 tablets daily", [("dose", "2 tablet"), ("unit", "daily")]),
        ("twice daily", [("dose", "twice daily")]),
        ("INR of 2.3", [("number", "2.3")]),
        ("120/80", [("number", "120/80")]),
        ("5 mg/kg", [("dose", "5 mg/kg")]),
        ("denies pain, without fever", [("negation", "denies"), ("negation", "without")]),
        ("the left arm", [("laterality", "left")]),
        ("how many milligrams", [("unit", "mg")]),
        ("85 mg/m2", [("dose", "85 mg/m2")]),
        ("at 80 mmHg", [("dose", "80 mmHg")]),
        ("tablets of", [("unit", "tablet")]),
        ("the left foot", [("laterality", "left")]),
        ("short of breath the next day at this point", []),
        ("the sore knee", []),
        ("98.6 °F", [("dose", "98.6 °F")]),
        ("at 8 a.m.", [("dose", "8 am")]),
        ("the 25th, the second", [("number", "25th")]),
        ("5 mg b i d", [("dose", "5 mg"), ("unit", "bid")]),
        ("unable, neither", [("negation", "unable"), ("negation", "neither")]),
        ("7" * 5_000, []),
    ],
)
def test_a_dose_is_one_item_and_written_as_a_clinician_writes_it(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("fifteen milligrams", "15mg"),
        ("1.50 mg", "1.5 mg"),
        ("0.5 mg", "500 mcg"),
        ("1 g", "1000 mg"),
        ("2 mL", "2 cc"),
        ("once", "1"),
        ("twice daily", "2 times a day"),
        ("once a day", "daily"),
        ("3 times per week", "3 times weekly"),
    ],
)
def test_two_ways_to_write_one_value_are_equal(one: str, other: str) -> None:
    assert found(one) == found(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1.5 mg", "15 mg"),
        ("5 mg", "5 mcg"),
        ("5 mg", "5 mL"),
        ("5 mg", "5"),
        ("0 mg", "0 g"),
        ("5 mg/kg", "5 mg"),
        ("120/80", "120/90"),
        ("120/80", "12080"),
        ("-5", "5"),
        ("left", "right"),
        ("no", "not"),
        ("daily", "weekly"),
    ],
)
def test_another_value_unit_or_side_is_another_item(one: str, other: str) -> None:
    assert found(one) != found(other)


def test_a_text_without_critical_words_is_passed_over() -> None:
    assert not is_critical(canonical("please start metoprolol today").split())
    assert is_critical(canonical("please start 5 of them").split())


def test_every_unit_of_the_canonical_view_makes_a_dose() -> None:
    assert UNIT_NAMES <= UNITS
    for name in UNIT_NAMES:
        (item,) = items(["5", name])
        assert item.kind == "dose"


def test_units_of_one_dimension_have_a_factor_and_others_have_not() -> None:
    (mass, milligram), (same, gram) = scale(("milligram",)), scale(("gram",))
    assert mass == same
    assert gram / milligram == Fraction(1000)
    assert scale(("milligram",))[0] != scale(("milliliter",))[0]
    assert scale(("milligram", "kilogram"))[0] != scale(("milligram",))[0]
