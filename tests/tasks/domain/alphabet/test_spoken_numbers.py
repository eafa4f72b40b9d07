"""A number becomes words with all that belongs to it, or stays for the row to be refused."""

from __future__ import annotations

import string

import pytest

from tasks.domain.alphabet.alphabet import Alphabet
from tasks.domain.alphabet.spoken_numbers import numbers_as_spoken

LETTERS = Alphabet(frozenset(string.ascii_letters + " "))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(5 mg/kg)", "(five milligrams per kilogram)"),
        ("take .5 g.", "take zero point five grams."),
        ("\u22125 or -5", "minus five or minus five"),
        ("2-3 tablets", "two to three tablets"),
        ("<5%, \u22652", "less than five percent, at least two"),
        ("at 12:30, 5x daily", "at twelve thirty, five times daily"),
        ("cyp2d6 and a1c", "c y p two d six and a one c"),
        ("5 \u00b5g", "five micrograms"),
        ("100 mg. Then rest", "one hundred milligrams. Then rest"),
    ],
)
def test_a_number_takes_its_unit_its_sign_and_its_range_along(text: str, expected: str) -> None:
    assert numbers_as_spoken(text, LETTERS.lacking(text), LETTERS) == expected


@pytest.mark.parametrize("text", ["5^3", "10.0.0.1"])
def test_a_number_that_has_no_known_way_to_be_spoken_stays(text: str) -> None:
    assert numbers_as_spoken(text, LETTERS.lacking(text), LETTERS) == text


def test_numbers_that_the_alphabet_has_stay_as_they_are() -> None:
    digits = Alphabet(frozenset(string.ascii_letters + string.digits))
    text = "5 mg at 7.5"
    assert numbers_as_spoken(text, digits.lacking(text), digits) == "5 mg at seven point five"
