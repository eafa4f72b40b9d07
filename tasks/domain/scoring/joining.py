"""Digits and letters that were pronounced one by one, joined: identifiers and abbreviations."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.scoring.number_words import DIGITS, NUMBER_WORDS, is_number
from tasks.domain.scoring.sequences import NUMBERED
from tasks.domain.scoring.units import SHORT, SYMBOLS
from tasks.domain.scoring.written import letter_words

# Words whose letter is not one of an abbreviation: "vitamin D, I think", "hepatitis B".
_BEFORE_LETTER = (
    "vitamin vitamins hepatitis group plan protein influenza option part point lead omega letter"
)
BEFORE_LETTER = NUMBERED | frozenset(_BEFORE_LETTER.split())
APART = {"id", "no"}  # "I'd" and, spelled, a gas: joined they would be another word
VOWELS = frozenset("aefhilmnorsx")  # letters whose names begin with one: "an MRI", never "a MRI"
# Abbreviations that are pronounced one after another: "p o b i d".
BESIDE = frozenset(
    ["po", "iv", "im", "sc", "sq", "sl", "pr", "bid", "tid", "qid", "qd", "qod", "qhs", "prn"]
)
LETTERS_IN_A_ROW = re.compile(r"\b[a-z] [a-z]\b")
LONGEST = 6  # a longer row of letters is several abbreviations


def join_letters(words: Sequence[str]) -> list[str]:
    """Join letters in a row into the abbreviation that they spell.

    An article before them remains ("a CT"), a unit after a number too ("2 L O2"), and so does the
    letter of a name ("vitamin D").

    >>> " ".join(join_letters("n y h a 3 on c y p 2 d 6".split()))
    'nyha 3 on cyp 2 d 6'
    >>> " ".join(join_letters("a c t after 2 l o 2 and 5 m g i v".split()))
    'a ct after 2 l o 2 and 5 milligram iv'
    """
    if LETTERS_IN_A_ROW.search(" ".join(words)) is None:
        return list(words)
    joined: list[str] = []
    place = 0
    while place < len(words):
        end = place
        while end < len(words) and is_letter(words[end]):
            end += 1
        if end - place < 2:
            joined += words[place : end + 1]
            place = end + 1
        else:
            joined += _joined(joined[-1] if joined else "", list(words[place:end]))
            place = end
    return joined


def is_letter(word: str) -> bool:
    """Return whether a word is a single Latin letter.

    >>> is_letter("v"), is_letter("5"), is_letter("iv")
    (True, False, False)
    """
    return len(word) == 1 and "a" <= word <= "z"


def _joined(before: str, letters: list[str]) -> list[str]:
    if len(letters) < 2:
        return letters
    after_number = before == "per" or before in NUMBER_WORDS or is_number(before.lstrip("/"))
    for length in range(len(letters), 1, -1) if after_number else ():
        unit = "".join(letters[:length])
        if unit in SYMBOLS:
            return [*letter_words(unit), *_joined("", letters[length:])]
    article = letters[0] == "a" and letters[1] not in VOWELS
    keeps_first = article or before in BEFORE_LETTER or (after_number and letters[0] in SHORT)
    first, rest = letters[:keeps_first], letters[keeps_first:]
    word = "".join(rest)
    apart = len(rest) < 2 or word in APART or (len(rest) == 2 and word[1] == "a")
    if apart or len(rest) > LONGEST or set(rest) <= {"a", "i"}:
        return letters
    return [*first, *(part for one in _beside(word) for part in letter_words(one))]


def _beside(word: str) -> list[str]:
    """Part two abbreviations of how a drug is taken.

    >>> _beside("pobid"), _beside("nyha")
    (['po', 'bid'], ['nyha'])
    """
    for end in range(2, len(word) - 1):
        if word[:end] in BESIDE and word[end:] in BESIDE:
            return [word[:end], word[end:]]
    return [word]


def join_digits(words: Sequence[str]) -> list[str]:
    """Join four or more single digits in a row, an identifier; fewer are numbers beside each other.

    "oh" among digits is a zero; with one digit on each side it also joins three: "one oh five".

    >>> join_digits("1 2 3 4".split()), join_digits("1 2 3".split())
    (['1234'], ['1', '2', '3'])
    >>> join_digits("1 oh 5 over oh".split())
    ['105', 'over', 'oh']
    """
    if sum(word in DIGITS or word == "oh" for word in words) < 3:
        return list(words)
    joined: list[str] = []
    place = 0
    while place < len(words):
        end = place
        while end < len(words) and (words[end] == "oh" or words[end] in DIGITS):
            end += 1
        run = words[place:end]
        digits = sum(word != "oh" for word in run)
        whole = len(run) > 3 and digits > 2
        short = len(run) == 3 and run[1] == "oh" and digits == 2 and run[0] != "0"
        if whole or short:
            joined.append("".join("0" if word == "oh" else word for word in run))
            place = end
        else:
            joined += run or [words[place]]
            place = max(end, place + 1)
    return joined
