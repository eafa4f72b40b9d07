"""Numbers as words."""

from __future__ import annotations

import pytest

from tasks.domain.spoken.numerals import number_words, ordinal_words, pair_words, roman_value


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
def test_a_number_is_said_whole_and_its_decimals_one_by_one(number: str, words: str) -> None:
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
def test_a_place_is_said_as_an_ordinal(number: str, words: str) -> None:
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
def test_a_pressure_is_said_in_hundreds_and_the_rest(number: str, words: str) -> None:
    assert pair_words(number) == words


def test_roman_numerals_count_down_before_a_greater_one() -> None:
    numerals = ("I", "III", "IV", "VI", "IX", "XI", "XIV", "XXIX")
    assert [roman_value(one) for one in numerals] == [1, 3, 4, 6, 9, 11, 14, 29]
