"""Numbers as words."""

from __future__ import annotations

import re

import pytest

from tasks.domain.spoken.forms import spoken_form
from tasks.domain.spoken.numerals import (
    ABBREVIATIONS,
    GREEK,
    SYMBOLS,
    UNITS,
    date_words,
    number_words,
    ordinal_words,
    pair_words,
    roman_value,
    unit_words,
    year_words,
)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("0", "zero"),
        ("13", "thirteen"),
        ("40", "forty"),
        ("99", "ninety nine"),
        ("100", "one hundred"),
        ("1,001", "one thousand one"),
        ("250000", "two hundred fifty thousand"),
        ("2,000,010", "two million ten"),
        ("0.5", "zero point five"),
        (".25", "zero point two five"),
        ("10.0", "ten point zero"),
    ],
)
def test_a_number_is_spoken_whole_and_its_decimals_one_by_one(number: str, words: str) -> None:
    assert number_words(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1", "first"),
        ("3", "third"),
        ("12", "twelfth"),
        ("20", "twentieth"),
        ("34", "thirty fourth"),
    ],
)
def test_a_place_is_spoken_as_an_ordinal(number: str, words: str) -> None:
    assert ordinal_words(number) == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("95", "ninety five"),
        ("118", "one eighteen"),
        ("104", "one oh four"),
        ("200", "two hundred"),
    ],
)
def test_a_pressure_is_spoken_in_hundreds_and_the_rest(number: str, words: str) -> None:
    assert pair_words(number) == words


def test_roman_numerals_count_down_before_a_greater_one() -> None:
    numerals = ("I", "III", "IV", "VI", "IX", "XI", "XIV", "XXIX")
    assert [roman_value(one) for one in numerals] == [1, 3, 4, 6, 9, 11, 14, 29]


@pytest.mark.parametrize("table", [ABBREVIATIONS, GREEK, SYMBOLS])
def test_what_is_spoken_is_words_alone(table: dict[str, str]) -> None:
    assert [spoken for spoken in table.values() if not re.fullmatch("[a-z ]+", spoken)] == []


def test_several_of_a_unit_have_its_plural_and_some_have_none_of_their_own() -> None:
    assert [unit_words(name, several=True) for name in ("mg", "mmHg", "%")] == [
        "milligrams", "millimeters of mercury", "percent",
    ]  # fmt: skip


def test_the_two_signs_of_micro_are_spoken_alike() -> None:
    """The micro sign and the Greek letter look the same."""
    micro, mu = "\N{MICRO SIGN}", "\N{GREEK SMALL LETTER MU}"
    for name in UNITS:
        if name.startswith(micro):
            assert UNITS[name] == UNITS[name.replace(micro, mu)]


@pytest.mark.parametrize(
    ("parts", "spoken"),
    [
        (("1", "2", "1999"), "January second nineteen ninety nine"),
        (("31", "1", "2005"), "January thirty first two thousand five"),
        (("02", "29", "2024"), "February twenty ninth twenty twenty four"),
        (("02", "29", "2023"), None),
        (("02", "29"), "February twenty ninth"),
        (("00", "10", "2024"), None),
        (("13", "13", "2024"), None),
        (("12", "31", "30"), "December thirty first twenty thirty"),
    ],
)
def test_a_date_is_spoken_and_what_is_none_is_not(
    parts: tuple[str, ...], spoken: str | None
) -> None:
    assert date_words(*parts) == spoken


@pytest.mark.parametrize(
    ("year", "spoken"),
    [(2000, "two thousand"), (2010, "twenty ten"), (1910, "nineteen ten"), (1066, "ten sixty six")],
)
def test_a_year_is_spoken_in_halves(year: int, spoken: str) -> None:
    assert year_words(year) == spoken


@pytest.mark.parametrize(
    "text",
    ["{}", "{} mg", "{}.5 mg", "{} 1/2", "CA-{}", "{}th", "{},000", "q{}h"],
)
def test_a_number_of_any_length_is_spoken(text: str) -> None:
    """Python refuses to read more than 4,300 digits as a number."""
    spoken = spoken_form(f"Give {text.format('9' * 5_000)} now.")
    assert spoken.count("nine") > 4_000
