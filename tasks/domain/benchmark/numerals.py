"""Numbers as they are said in American English."""

from __future__ import annotations

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


def number_words(number: str) -> str:
    """Say a number as it is written: thousands may have commas, decimals are said one by one.

    >>> number_words("1,250")
    'one thousand two hundred fifty'
    >>> number_words("3.05")
    'three point zero five'
    """
    whole, point, decimals = number.replace(",", "").partition(".")
    said = [_cardinal(int(whole or 0))]
    if point:
        said += ["point", *(SMALL[int(digit)] for digit in decimals)]
    return " ".join(said)


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
