"""Units by one name each."""

import pytest

from tasks.domain.scoring.units import ALWAYS, COUNTED, UNIT_NAMES, is_per, name_units


def test_each_unit_has_a_name_in_the_singular_that_is_its_own_name() -> None:
    assert {"milligram", "microgram", "gram", "milliliter", "iu", "percent", "unit"} <= UNIT_NAMES
    for name in UNIT_NAMES - {"square meter", "celsius", "fahrenheit"}:
        assert {**COUNTED, **ALWAYS}[name] == name


def test_symbols_of_different_units_never_share_a_name() -> None:
    mass = [
        "kg",
        "g",
        "mg",
        "mcg",
        "ng",
        "pg",
        "ml",
        "l",
        "dl",
        "mmol",
        "meq",
        "iu",
        "u",
        "mm",
        "cm",
    ]
    assert len({{**COUNTED, **ALWAYS}[symbol] for symbol in mass}) == len(mass)


@pytest.mark.parametrize("word", ["um", "mm", "g", "l", "u", "in", "h", "m", "pm", "am", "min"])
def test_a_letter_or_word_without_a_number_is_no_unit(word: str) -> None:
    assert name_units([word]) == [word]


@pytest.mark.parametrize("word", ["in", "am", "pm", "um", "s", "c", "f", "to", "as"])
def test_a_word_that_often_follows_a_number_is_no_unit(word: str) -> None:
    assert name_units(["5", word]) == ["5", word]


def test_levels_of_the_spine_are_no_liters() -> None:
    assert name_units(["l", "4", "l", "5"]) == ["l", "4", "l", "5"]


def test_a_slash_is_per_between_units_alone() -> None:
    assert is_per("mg", "dl")
    assert not is_per("mg", "tablet")
    assert not is_per("and", "or")
