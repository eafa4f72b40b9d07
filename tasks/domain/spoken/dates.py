"""Dates as they are said in American English."""

from __future__ import annotations

from calendar import monthrange

from tasks.domain.spoken.numerals import number_words, ordinal_words, pair_words

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
LEAP_YEAR = 2024  # for a day without its year


def date_words(first: str, second: str, year: str = "") -> str | None:
    """Say a date that is written in numbers, the month first unless it can only be the day.

    None where it is no date. A year of two digits is one of this century.

    >>> date_words("06", "12", "2024"), date_words("25", "12", "24"), date_words("31", "31")
    ('June twelfth twenty twenty four', 'December twenty fifth twenty twenty four', None)
    """
    month, day = int(first), int(second)
    if month > len(MONTHS) >= day:
        month, day = day, month
    number = int(year) + (2000 if len(year) == 2 else 0) if year else LEAP_YEAR
    if not 1 <= month <= len(MONTHS) or not 1 <= day <= monthrange(number, month)[1]:
        return None
    said = f"{MONTHS[month - 1]} {ordinal_words(str(day))}"
    return f"{said} {year_words(number)}" if year else said


def year_words(year: int) -> str:
    """Say a year in two halves, and one of the first years of a century whole.

    >>> year_words(2024), year_words(1905), year_words(2005), year_words(1900)
    ('twenty twenty four', 'nineteen oh five', 'two thousand five', 'nineteen hundred')
    """
    century, rest = divmod(year, 100)
    if rest == 0 and century % 10:
        return f"{number_words(str(century))} hundred"
    if century % 10 == 0 and rest < 10:
        return number_words(str(year))
    return f"{number_words(str(century))} {pair_words(f'1{rest:02}').removeprefix('one ')}"
