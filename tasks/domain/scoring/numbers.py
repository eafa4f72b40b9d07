"""Numbers of the canonical view: spoken and written ones by their value, as shortest decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.scoring.dates import MONTHS
from tasks.domain.scoring.number_words import (
    DIGITS,
    FRACTION_WORDS,
    NUMBER_WORDS,
    ONES,
    POWERS_OF_TEN,
    TENS,
    Read,
    below_hundred,
    cardinal,
    is_number,
    shortest,
    times_ten,
)
from tasks.domain.scoring.units import SYMBOLS

FRACTIONS = {  # alone, or after "and"
    ("one", "half"): "0.5", ("1", "half"): "0.5", ("a", "half"): "0.5", ("half",): "0.5",
    ("one", "quarter"): "0.25", ("1", "quarter"): "0.25", ("a", "quarter"): "0.25",
    ("three", "quarters"): "0.75", ("3", "quarters"): "0.75",
    ("one", "3rd"): "0.333", ("two", "thirds"): "0.667", ("2", "thirds"): "0.667",
    ("one", "4th"): "0.25", ("three", "fourths"): "0.75", ("3", "fourths"): "0.75",
    ("one", "8th"): "0.125", ("three", "eighths"): "0.375", ("3", "eighths"): "0.375",
    ("five", "eighths"): "0.625", ("5", "eighths"): "0.625",
    ("seven", "eighths"): "0.875", ("7", "eighths"): "0.875",
}  # fmt: skip
_NOT_BEFORE_POINT = (
    "point a an the this that what which any each every some no at to my your his her its "
    "our their good whole main turning entry end starting first last pressure focal trigger"
)
NOT_BEFORE_POINT = frozenset(_NOT_BEFORE_POINT.split())
_BEFORE_YEAR = "in since from until year of by before after around about"
BEFORE_YEAR = MONTHS.keys() | frozenset(_BEFORE_YEAR.split())
# After these "negative" is a minus; elsewhere it is a result, and a number after it another thing.
BEFORE_NEGATIVE = frozenset(["score", "scores", "excess", "axis", "sphere", "balance", "of", "to"])
MAY_BEGIN = NUMBER_WORDS | FRACTION_WORDS | {"a", "minus", "negative", "point", "oh"}
AFTER_DIGITS = FRACTION_WORDS | POWERS_OF_TEN.keys() | {"point", "and"}  # that change a number
WHOLE = re.compile(r"-?[0-9]+")
FRACTION_ENDS = FRACTION_WORDS | {"3rd", "4th", "8th"}
FIRST_OF_NUMBERS = DIGITS | {"-", "/"}


def numbers_by_value(words: Sequence[str]) -> list[str]:
    """Write each number of some words as its value.

    >>> " ".join(numbers_by_value("one hundred and twenty over eighty".split()))
    '120 over 80'
    >>> " ".join(numbers_by_value("oh point five or two and a half".split()))
    '0.5 or 2.5'
    >>> " ".join(numbers_by_value("one two then minus five".split()))
    '1 2 then -5'
    """
    words = [*words, ""]  # a word after the last one: there is always a next
    written: list[str] = []
    place, end = 0, len(words) - 1
    while place < end:
        word, following = words[place], words[place + 1]
        if word.isdecimal() and following not in AFTER_DIGITS and following[:1] != "/":
            written.append(word)
            place += 1
            continue
        begins = word in MAY_BEGIN or word[0] in FIRST_OF_NUMBERS
        read = read_number(words, place, written) if begins else None
        if read is None:
            written.append(word)
            place += 1
        else:
            written.append(read[0])
            place = read[1]
    return written


def read_number(words: Sequence[str], place: int, before: Sequence[str]) -> Read | None:
    """Read the number that begins at a place, if one does; `before` has the words written so far."""
    word = words[place]
    if word == "negative" and not (before and before[-1] in BEFORE_NEGATIVE):
        return None
    if word in ("minus", "negative"):
        if words[place + 1] in ("minus", "negative", ""):
            return None
        read = read_number(words, place + 1, ["minus"])
        positive = read is not None and is_number(read[0]) and not read[0].startswith("-")
        return (f"-{read[0]}", read[1]) if read and positive and read[0].strip("0.") else None
    if word == "point":
        after_number = bool(before) and is_number(before[-1])
        if after_number or (before and before[-1] in NOT_BEFORE_POINT):
            return None
        return _with_decimals("0", words, place)
    if word == "oh":
        after_point = bool(before) and before[-1] == "point"
        return None if after_point else _with_decimals("0", words, place + 1)
    if word == "one" and before and before[-1] == "no":  # a person
        return None
    if is_number(word) and words[place + 1] not in FRACTION_WORDS:
        read = _head(words, place)
    else:
        read = (
            _ordinal(words, place)
            or _fraction(words, place)
            or _pressure(words, place, before)
            or _year(words, place, before)
            or _head(words, place)
        )
    if read is None or not WHOLE.fullmatch(read[0]):
        return read
    if words[read[1]][:1] == "/" and before and before[-1] == "d":  # D5 1/2 NS
        return read
    return _with_decimals(read[0], words, read[1]) or _with_fraction(*read, words) or read


def _head(words: Sequence[str], place: int) -> Read | None:
    """Read a number without what may follow it: a digit string, or number words."""
    if not is_number(words[place]):
        return cardinal(words, place)
    value, place = words[place], place + 1
    while words[place] in POWERS_OF_TEN:
        value, place = times_ten(value, POWERS_OF_TEN[words[place]]), place + 1
    return value, place


def _with_decimals(whole: str, words: Sequence[str], place: int) -> Read | None:
    """Read "point" and the digits after it: one by one, or as one number below a hundred."""
    if words[place] != "point":
        return None
    place, digits = place + 1, ""
    while (digit := _digit(words[place])) is not None:
        digits, place = digits + digit, place + 1
    if not digits:
        spoken = cardinal(words, place)
        if spoken is not None:
            digits, place = spoken
        elif words[place].isdecimal():
            digits, place = words[place], place + 1
        else:  # "point 1.5 hundred", of which the number is whole
            digits, place = _head(words, place) or ("", place)
            if not digits.isdecimal():
                return None
    value = shortest(f"{whole}.{digits}")
    while words[place] in POWERS_OF_TEN or words[place] == "point":  # a second point is a boundary
        value, place = times_ten(value, POWERS_OF_TEN.get(words[place], 0)), place + 1
    return value, place


def _digit(word: str) -> str | None:
    if word in ONES:
        return str(ONES[word])
    return "0" if word == "oh" else word if word in DIGITS else None


def _with_fraction(whole: str, place: int, words: Sequence[str]) -> Read | None:
    """Read "and a half" or a written fraction after a whole number."""
    if words[place][:1] == "/":  # a value that adds to the number before it
        return shortest(whole + words[place][2:]), place + 1
    if words[place] != "and":
        return None
    read = _fraction(words, place + 1)
    return None if read is None else (shortest(whole + read[0][1:]), read[1])


def _fraction(words: Sequence[str], place: int) -> Read | None:
    """Read a fraction that is alone: "half a", "three quarters", 1/2."""
    if not words[place]:
        return None
    if words[place][0] == "/":
        following = place + 1 + (words[place + 1] in ("a", "an"))
        return words[place][1:], following
    if words[place] != "half" and words[place + 1] not in FRACTION_ENDS:
        return None
    for length in (2, 1):
        value = FRACTIONS.get(tuple(words[place : place + length]))
        if value is not None:
            following = place + length
            article = words[place + length - 1] == "half" and words[following] in ("a", "an")
            return value, following + article
    return None


def _ordinal(words: Sequence[str], place: int) -> Read | None:
    """Read "twenty first"; "twenty second" is a day of the month, "thirty second" a time."""
    tens, ordinal = TENS.get(words[place]), words[place + 1]
    if tens is None:
        return None
    if ordinal == "second" and tens == 20:
        return "22nd", place + 2
    if re.fullmatch(r"[1-9](?:st|nd|rd|th)", ordinal):
        return f"{tens // 10}{ordinal}", place + 2
    return None


def _pressure(words: Sequence[str], place: int, before: Sequence[str]) -> Read | None:
    """Read "one twenty" as 120, but only beside the "over" of a pressure: else it is 1 and 20."""
    first = ONES.get(words[place])
    rest = below_hundred(words, place + 1) if first else None
    if not first or rest is None or rest[0] < 10:
        return None
    beside = words[rest[1]] == "over" or (
        len(before) > 1 and before[-1] == "over" and is_number(before[-2])
    )
    return (str(100 * first + rest[0]), rest[1]) if beside else None


def _year(words: Sequence[str], place: int, before: Sequence[str]) -> Read | None:
    """Read "nineteen eighty four" after a word such as "in" or a day; before a unit it is two numbers."""
    century = {"nineteen": 19, "twenty": 20}.get(words[place])
    if century is None or not before or not _may_precede_year(before):
        return None
    rest = below_hundred(words, place + 1)
    if rest is None or rest[0] < 10 or words[rest[1]] in POWERS_OF_TEN | SYMBOLS.keys():
        return None
    return str(100 * century + rest[0]), rest[1]


def _may_precede_year(before: Sequence[str]) -> bool:
    of_month = len(before) > 1 and before[-2] in MONTHS
    return before[-1] in BEFORE_YEAR or (
        of_month and (before[-1][0] in DIGITS or before[-1] == "second")
    )
