"""Dates in numbers."""

from __future__ import annotations

import pytest

from tasks.domain.spoken.dates import date_words, year_words


@pytest.mark.parametrize(
    ("parts", "said"),
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
def test_a_date_is_said_and_what_is_none_is_not(parts: tuple[str, ...], said: str | None) -> None:
    assert date_words(*parts) == said


@pytest.mark.parametrize(
    ("year", "said"),
    [(2000, "two thousand"), (2010, "twenty ten"), (1910, "nineteen ten"), (1066, "ten sixty six")],
)
def test_a_year_is_said_in_halves(year: int, said: str) -> None:
    assert year_words(year) == said
