"""Dates of the canonical view: a month by its name, its day and its year."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.scoring.number_words import FRACTION_WORDS

_MONTHS = "january february march april may june july august september october november december"
MONTHS = {month: number for number, month in enumerate(_MONTHS.split(), 1)}
NAMES = list(MONTHS)
ALSO_WORDS = frozenset(["march", "may"])  # "may first" begins a date only before a year
DAY = re.compile("([0-9]{1,2})(?:st|nd|rd|th)")
YEAR = re.compile("(?:1[5-9]|2[01])[0-9]{2}")


def date_words(parts: Sequence[str]) -> tuple[str, ...] | None:
    """Return the words of a date of three numbers; None where it is no date with a year of four digits.

    The month is first, as an American writes it, unless it can only be the day.

    >>> date_words(["06", "12", "2024"]), date_words(["2024", "12", "06"])
    (('june', '12', '2024'), ('december', '6', '2024'))
    >>> date_words(["25", "12", "2024"]), date_words(["6", "12", "24"])
    (('december', '25', '2024'), None)
    """
    if len(parts) != 3:
        return None
    first, second, year = parts if len(parts[2]) == 4 else (*parts[1:], parts[0])
    if max(len(first), len(second)) > 2:
        return None
    month, day = int(first), int(second)
    if month > len(NAMES):
        month, day = day, month
    if not (1 <= month <= len(NAMES) and 1 <= day <= 31 and YEAR.fullmatch(year)):
        return None
    return NAMES[month - 1], str(day), year


def days_of_months(words: Sequence[str]) -> list[str]:
    """Write the day after a month without its ending.

    >>> " ".join(days_of_months("june 12th 2024 or may 1st then may 2nd 2024".split()))
    'june 12 2024 or may 1st then may 2 2024'
    """
    if MONTHS.keys().isdisjoint(words):
        return list(words)
    written: list[str] = []
    for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False):
        of_month = before in MONTHS and (before not in ALSO_WORDS or YEAR.fullmatch(after))
        may_be_day = of_month and after not in FRACTION_WORDS
        day = DAY.fullmatch("2nd" if word == "second" else word) if may_be_day else None
        written.append(word if day is None else day[1])
    return written
