"""Numbers as they are said in American English."""

from __future__ import annotations

import re
from fractions import Fraction

SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
GROUPS = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
ROMAN = {"I": 1, "V": 5, "X": 10}
PARTS = {"2": "half", "3": "third", "4": "quarter", "8": "eighth"}  # of a whole, as of a tablet
THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
NUMBER = rf"{THOUSANDS}|\d*\.\d+|\d+,\d+|\d+"
FRACTION = r"(?:\d{1,2}[ -])?(?:1/2|[12]/3|[13]/4|[1357]/8)(?!\d)"
AMOUNT = rf"{FRACTION}|{NUMBER}"


def number_words(number: str) -> str:
    """Say a number as it is written: thousands may have commas, decimals are said one by one.

    A comma is a decimal comma unless groups of three digits follow it.

    >>> number_words("1,250"), number_words("5,2")
    ('one thousand two hundred fifty', 'five point two')
    >>> number_words("3.05")
    'three point zero five'
    """
    whole, point, decimals = plain_number(number).partition(".")
    said = [_cardinal(int(whole or 0))]
    if point:
        said += ["point", *(SMALL[int(digit)] for digit in decimals)]
    return " ".join(said)


def plain_number(number: str) -> str:
    """Write a number without its commas, and with a point for a decimal comma.

    "5,200" is a number of thousands and "5,2" a decimal one; "0,125" is decimal, as no number of
    thousands begins with a zero.

    >>> plain_number("5,200"), plain_number("5,2"), plain_number("0,125")
    ('5200', '5.2', '0.125')
    """
    of_thousands = re.fullmatch(THOUSANDS, number)
    return number.replace(",", "" if of_thousands else ".")


def amount_words(amount: str) -> str:
    """Say a number or a fraction of a whole, alone or after a number.

    >>> amount_words("1/2"), amount_words("2 3/4"), amount_words("1-1/2"), amount_words("1.5")
    ('one half', 'two and three quarters', 'one and a half', 'one point five')
    """
    if "/" not in amount:
        return number_words(amount)
    *whole, fraction = re.split("[ -]", amount)
    count, _, of = fraction.partition("/")
    part = f"{SMALL[int(count)]} {PARTS[of]}{'' if count == '1' else 's'}"
    if not whole:
        return part
    return f"{number_words(whole[0])} and {'a half' if part == 'one half' else part}"


def amount_value(amount: str) -> Fraction:
    """Return the value of a number or a fraction as it is written.

    >>> amount_value("2 3/4"), amount_value("5,2")
    (Fraction(11, 4), Fraction(26, 5))
    """
    if "/" not in amount:
        return Fraction(plain_number(amount))
    return sum(map(Fraction, re.split("[ -]", amount)), Fraction(0))


def ordinal_words(number: str) -> str:
    """Say a number that stands for a place.

    >>> ordinal_words("21"), ordinal_words("30")
    ('twenty first', 'thirtieth')
    """
    *before, last = number_words(number).split()
    place = ORDINALS.get(last, f"{last.removesuffix('y')}ie" if last.endswith("y") else last)
    return " ".join([*before, place if last in ORDINALS else f"{place}th"])


def pair_words(number: str) -> str:
    """Say a pressure or a marker: hundreds by themselves, then the rest.

    >>> pair_words("125"), pair_words("105"), pair_words("80"), pair_words("200")
    ('one twenty five', 'one oh five', 'eighty', 'two hundred')
    """
    hundreds, rest = divmod(int(number), 100)
    if not 0 < hundreds < 10 or rest == 0:
        return number_words(number)
    return f"{SMALL[hundreds]} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"


def roman_value(numeral: str) -> int:
    """Give the value of a Roman numeral under forty.

    >>> [roman_value(one) for one in ("IV", "VIII", "XII")]
    [4, 8, 12]
    """
    values = [ROMAN[letter] for letter in numeral]
    later = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, later, strict=True))


def is_roman(numeral: str) -> bool:
    """Whether letters are a Roman numeral under forty, as it is written.

    >>> is_roman("IX"), is_roman("IIX"), is_roman("")
    (True, False, False)
    """
    return bool(numeral) and re.fullmatch("X{0,3}(IX|IV|V?I{0,3})", numeral) is not None


def _cardinal(number: int) -> str:
    """Say a whole number."""
    for size, name in GROUPS:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_cardinal(count)} {name}" + (f" {_cardinal(rest)}" if rest else "")
    if number < len(SMALL):
        return SMALL[number]
    tens, ones = divmod(number, 10)
    return TENS[tens] + (f" {SMALL[ones]}" if ones else "")
