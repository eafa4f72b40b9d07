"""Write a number that an alphabet has no characters for as it is spoken, with its unit or sign."""

from __future__ import annotations

import re

from tasks.domain.alphabet.alphabet import Alphabet
from tasks.domain.spoken.forms import spoken_form
from tasks.domain.spoken.numerals import UNITS, number_words

MINUS, MICRO = "-−", "µμ"
BETWEEN_NUMBERS = re.compile(r"(?<=\w)[:/^,.](?=\w)")  # how it is spoken is not known
JOINED = re.compile(r"(?<![\d.,:/^])\d+(?:\.\d+)?(?![.,:/^]?\d)")  # to letters, as in b12 and 5pm
UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
DIGIT = re.compile(r"[\d½¼¾⅓⅔⅛]")
NUMBER = re.compile(  # a number, others of its range, and the units or sign that belong to it
    rf"(?<!\S)[(\[\"']*(?:[<>≤≥±=+×@]\s?)*\S*{DIGIT.pattern}[^\s,;]*(?:,\d[^\s,;]*)*"
    rf"(?:\s?[-–]\s?\d[^\s,;]*)*(?:\s(?:{UNIT})(?:/(?:{UNIT}))*(?![\w/]))?"
)
OPENING, CLOSING = "([{\"'“‘", ")]}\"'”’.,;:!?…"  # round a number; a point before it is its own


def numbers_as_spoken(text: str, lacking: frozenset[str], _alphabet: Alphabet) -> str:
    """Write each number that the alphabet lacks a character of as it is spoken.

    What has no known way to be spoken stays as it is, and so do numbers that the alphabet has.

    >>> letters = Alphabet(frozenset("abcdefghijklmnopqrstuvwxyz"))
    >>> numbers_as_spoken("1.5 mg of b12, 5^3", frozenset("01235.^"), letters)
    'one point five milligrams of b twelve, 5^3'
    """

    def as_words(match: re.Match[str]) -> str:
        written = match.group()
        inner = written.lstrip(OPENING).rstrip(CLOSING)
        if not any(one in lacking and (one in MICRO or not one.isalpha()) for one in inner):
            return written
        start = len(written) - len(written.lstrip(OPENING))
        before, after = written[:start], written[start:].removeprefix(inner)
        sign = "minus " if inner[0] in MINUS else ""
        spoken = JOINED.sub(
            lambda number: f" {number_words(number[0])} ", spoken_form(inner.lstrip(MINUS))
        )
        spoken = " ".join(spoken.split())
        return written if BETWEEN_NUMBERS.search(spoken) else f"{before}{sign}{spoken}{after}"

    return NUMBER.sub(as_words, text) if DIGIT.search(text) else text
