"""What is none of a notation is left as it is written."""

from __future__ import annotations

import re

import pytest

from tasks.domain.spoken.notations import (
    clock,
    date,
    letter_by_letter,
    of_so_many,
    per_unit,
    range_of,
    roman_of_so_many,
)
from tasks.domain.spoken.numerals import AMOUNT


def match(pattern: str, text: str) -> re.Match[str]:
    found = re.fullmatch(pattern, text)
    assert found
    return found


@pytest.mark.parametrize(
    ("pattern", "say", "text"),
    [
        (r"(\d+):(\d+)", clock, "25:10"),
        (r"(\d+):(\d+)", clock, "10:75"),
        (rf"({AMOUNT})-({AMOUNT})", range_of, "10-5"),
        (r"(?P<first>\d+)/(?P<second>\d+)/(?P<year>\d+)", date, "31/31/2024"),
        (r"(?P<one>\d+)/(?P<other>\d+)", of_so_many, "00/40"),
        (r"([IVX]+)/([IVX]+)", roman_of_so_many, "IIX/VI"),
    ],
)
def test_no_words_are_made_up(pattern: str, say: object, text: str) -> None:
    assert callable(say)
    assert say(match(pattern, text)) == text


def test_a_range_may_have_fractions_and_is_one_by_its_values() -> None:
    assert range_of(match(rf"({AMOUNT})-({AMOUNT})", "1/2-1")) == "one half to one"
    assert range_of(match(rf"({AMOUNT})-({AMOUNT})", "900-1,200")).endswith("two hundred")


def test_a_zero_of_so_many_is_a_score() -> None:
    assert of_so_many(match(r"(?P<one>\d+)/(?P<other>\d+)", "0/9")) == "zero over nine"


def test_an_amount_may_be_for_several_of_a_unit() -> None:
    assert [per_unit(one) for one in ("kg", "24 h", "1 h")] == [
        "per kilogram", "per twenty four hours", "per one hour",
    ]  # fmt: skip


def test_capitals_are_letters_and_a_long_word_is_a_word() -> None:
    assert letter_by_letter(match(".*", "CYP3A4")) == "c y p three a four"
    assert letter_by_letter(match(".*", "Omega-3")) == "Omega three"
