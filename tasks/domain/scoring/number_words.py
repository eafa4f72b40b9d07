"""Spoken numbers: number words, the value that they make, and the shortest form of a decimal."""

from __future__ import annotations

import re
from collections.abc import Sequence

_ONES = "zero one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ONES = {word: value for value, word in enumerate(_ONES.split())}
TEENS = {word: value for value, word in enumerate(_TEENS.split(), 10)}
TENS = {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
SMALL = {**ONES, **TEENS, **TENS}
SCALES = {"thousand": 3, "million": 6, "billion": 9}
POWERS_OF_TEN = {"hundred": 2, **SCALES}
NUMBER_WORDS = frozenset([*SMALL, *POWERS_OF_TEN])
PROPER_FRACTIONS = {
    "1/2": "0.5", "1/3": "0.333", "2/3": "0.667", "1/4": "0.25", "3/4": "0.75",
    "1/8": "0.125", "3/8": "0.375", "5/8": "0.625", "7/8": "0.875",
}  # fmt: skip
FRACTION_WORDS = frozenset(["half", "quarter", "quarters", "thirds", "fourths", "eighths"])
DIGITS = frozenset("0123456789")
VALUE = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
MOST_DIGITS = 60  # of a number that is multiplied: more are no value that anybody gives
Read = tuple[str, int]  # a value, and the place of the next word


def is_number(word: str) -> bool:
    """Return whether a canonical word is a number.

    >>> is_number("-0.5"), is_number("5th")
    (True, False)
    """
    return word[-1:] in DIGITS and VALUE.fullmatch(word) is not None


def shortest(number: str) -> str:
    """Return the shortest form of a decimal.

    Zeros before a number of four or more digits are kept: it is an identifier, not a value.

    >>> [shortest(number) for number in ("1.50", ".5", "05", "-0.0", "0123", "5.0")]
    ['1.5', '0.5', '5', '0', '0123', '5']
    """
    sign, number = ("-", number[1:]) if number.startswith("-") else ("", number)
    whole, _, decimals = number.partition(".")
    decimals = decimals.rstrip("0")
    if decimals or len(whole) < 4:
        whole = whole.lstrip("0") or "0"
    written = f"{whole}.{decimals}" if decimals else whole
    return sign + written if written.strip("0.") else written


def times_ten(number: str, power: int) -> str:
    """Multiply a decimal by a power of ten.

    >>> times_ten("2.5", 6), times_ten("5", 2)
    ('2500000', '500')
    """
    if len(number) > MOST_DIGITS:
        return number
    whole, _, decimals = number.partition(".")
    decimals = decimals.ljust(power, "0")
    sign, whole = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    whole = (whole + decimals[:power]).lstrip("0") or "0"
    return shortest(f"{sign}{whole}.{decimals[power:]}")


def cardinal(words: Sequence[str], place: int) -> Read | None:
    """Read number words of the largest number that they make.

    >>> cardinal([*"two thousand five hundred and one".split(), ""], 0)
    ('2501', 6)
    """
    total, limit, end = 0, 0, 0
    while (group := _hundreds(words, place)) is not None:
        value, following = group
        scale = SCALES.get(words[following])
        if limit and ((scale or 0) >= limit or not value or value >= 10**limit):
            break
        total += value * 10 ** (scale or 0)
        end = place = following + (scale is not None)
        if scale is None:
            break
        limit = scale
        if words[place] == "and":
            place += 1
    return (str(total), end) if end else None


def _hundreds(words: Sequence[str], place: int) -> tuple[int, int] | None:
    """Read number words below a scale word: "twenty five", "a hundred and five", "twelve hundred"."""
    word, following = words[place], words[place + 1] if words[place] else ""
    if word == "a" and following in POWERS_OF_TEN:
        word, place = following, place + 1
    if word in SCALES:
        return 1, place
    if word == "hundred":
        value = 1
    else:
        small = below_hundred(words, place)
        if small is None or words[small[1]] != "hundred" or not small[0]:
            return small
        value, place = small
    value, place = 100 * value, place + 1
    rest = below_hundred(words, place + (words[place] == "and"))
    if rest is None or not rest[0] or words[rest[1]] in ("hundred", "half"):
        return value, place
    return value + rest[0], rest[1]


def below_hundred(words: Sequence[str], place: int) -> tuple[int, int] | None:
    value = SMALL.get(words[place])
    if value is None:
        return None
    one = ONES.get(words[place + 1])
    if value >= 20 and one:
        return value + one, place + 2
    return value, place + 1
