"""Dates: numbers that are one, numbers that are none, days with and without their ending."""

import pytest

from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.dates import date_words, days_of_months

ONE_DATE = [
    "06/12/2024", "6-12-2024", "2024-06-12", "June 12, 2024", "June 12th 2024",
    "June twelfth twenty twenty four",
]  # fmt: skip


@pytest.mark.parametrize("written", ONE_DATE)
def test_a_date_is_one_however_it_is_written(written: str) -> None:
    assert canonical(written) == "june 12 2024"


@pytest.mark.parametrize(
    "parts", ["31 31 2024", "0 5 2024", "6 12 24", "6 12 9999", "1 2", "123 1 2024"]
)
def test_other_numbers_are_no_date(parts: str) -> None:
    assert date_words(parts.split()) is None


def test_day_and_month_change_places_where_the_first_can_only_be_the_day() -> None:
    assert date_words(["13", "2", "2024"]) == ("february", "13", "2024")
    assert date_words(["12", "2", "2024"]) == ("december", "2", "2024")


@pytest.mark.parametrize(
    "words", ["may 1st", "march 3rd to", "the 4th", "june 3rd quarters", "june first"]
)
def test_other_ordinals_keep_their_ending(words: str) -> None:
    assert days_of_months(words.split()) == words.split()


def test_a_day_is_a_number_also_where_it_is_the_second() -> None:
    assert days_of_months(["june", "second", "or", "may", "2nd", "2024"]) == [
        "june",
        "2",
        "or",
        "may",
        "2",
        "2024",
    ]
