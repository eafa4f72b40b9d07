"""Canonical words in their order: dashes between numbers, Roman numbers, phrases."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.domain.scoring.number_words import NUMBER_WORDS, PROPER_FRACTIONS, is_number
from tasks.domain.scoring.units import ALWAYS, POWERS, TIMES

_ROMAN = "i ii iii iv v vi vii viii ix x xi xii"
ROMAN = {roman: str(number) for number, roman in enumerate(_ROMAN.split(), 1)}
ROMAN_NUMBER = re.compile(f"({'|'.join(sorted(ROMAN, key=len, reverse=True))})([a-c]?)")
ALSO_BEFORE_ONE = frozenset(["type", "grade", "nyha", "mobitz", "bipolar", "angiotensin", "killip"])
_NUMBERED = (
    "class stage factor phase category nerve cn asa apache mallampati fitzpatrick rutherford "
    "fontaine gustilo harris"
)
NUMBERED = ALSO_BEFORE_ONE | frozenset(_NUMBERED.split())
# Words before two numbers that a slash parts, and which are no fraction.
SCORES = frozenset(
    ["grade", "murmur", "reflex", "reflexes", "strength", "power", "score", "apgar", "pain"]
)
AFTER_SCORE = frozenset(["is", "was", "of", "at"])
PARTS = {f"/{value}": parts.split("/") for parts, value in PROPER_FRACTIONS.items()}
A_DAY = frozenset(["a", "per", "daily", "weekly", "monthly", "nightly", "day", "week"])
PHRASES = {
    "per cent": "percent",
    "is been": "has been",
    "is got": "has got",
    "millimeter of mercury": "mmhg",
    "millimeter mercury": "mmhg",
    "millimeter hg": "mmhg",
    "mm hg": "mmhg",
    "international unit": "iu",
    "international units": "iu",
    "degree c": "degree celsius",
    "degree f": "degree fahrenheit",
    "degrees c": "degree celsius",
    "degrees f": "degree fahrenheit",
    "degrees celsius": "degree celsius",
    "degrees fahrenheit": "degree fahrenheit",
    "meter squared": "square meter",
    "hba 1 c": "hemoglobin a 1 c",
    "hgba 1 c": "hemoglobin a 1 c",
    "hb a 1 c": "hemoglobin a 1 c",
    "hgb a 1 c": "hemoglobin a 1 c",
    "oclock am": "am",
    "oclock pm": "pm",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "10 to the power of": "10 to the",
    "10 to the 9th": "10 to the 9",
    "10 to the 6th": "10 to the 6",
    "10 to the 12th": "10 to the 12",
}
BY_FIRST_WORD: dict[str, list[tuple[list[str], list[str]]]] = {}
for _phrase, _instead in PHRASES.items():
    BY_FIRST_WORD.setdefault(_phrase.split()[0], []).append((_phrase.split(), _instead.split()))
FIRST_WORDS = frozenset([*BY_FIRST_WORD, "out"])
PHRASE_WORDS = frozenset(word for phrase in PHRASES for word in phrase.split())


def part_dashes(words: Sequence[str]) -> list[str]:
    """Write a lone dash between two numbers as "to"; others vanish.

    >>> part_dashes(["5", "-", "10", "-", "twice"])
    ['5', 'to', '10', 'twice']
    """
    if "-" not in words:
        return list(words)
    around = ["", *words, ""]
    return [
        "to" if word == "-" else word
        for before, word, after in zip(around, words, around[2:], strict=False)
        if word != "-" or (_counts(before) and _counts(after))
    ]


def name_powers(words: Sequence[str]) -> list[str]:
    """Write m2 as square meters after a number or "per"; elsewhere it is the name M2.

    >>> name_powers(["5", "m2", "of", "m2"])
    ['5', 'square', 'meter', 'of', 'm', '2']
    """
    if POWERS.keys().isdisjoint(words):
        return list(words)
    named: list[str] = []
    for word in words:
        if word not in POWERS:
            named.append(word)
        elif named and (named[-1] == "per" or _counts(named[-1])):
            named += POWERS[word].split()
        else:
            named += (ALWAYS.get(word[:-1], word[:-1]), word[-1])
    return named


def _counts(word: str) -> bool:
    return word in NUMBER_WORDS or is_number(word.lstrip("/"))


def roman_numbers(words: Sequence[str]) -> list[str]:
    """Write Roman numbers after such words as "type" as digits; "stage i" may begin "stage I think".

    >>> roman_numbers("type ii or stage iiib".split())
    ['type', '2', 'or', 'stage', '3', 'b']
    """
    if NUMBERED.isdisjoint(words):
        return list(words)
    written: list[str] = []
    for word in words:
        before = written[-1] if written else ""
        found = ROMAN_NUMBER.fullmatch(word) if before in NUMBERED else None
        if found is None or (found[0] in ("i", "x") and before not in ALSO_BEFORE_ONE):
            written.append(word)
        else:
            written += [ROMAN[found[1]], *found[2]]
    return written


def fixed_phrases(words: Sequence[str]) -> list[str]:
    """Write phrases of several words in one way.

    >>> fixed_phrases("7 out of 10 at 120 millimeter of mercury".split())
    ['7', 'over', '10', 'at', '120', 'mmhg']
    """
    if FIRST_WORDS.isdisjoint(words):
        return list(words)
    written: list[str] = []
    place = 0
    while place < len(words):
        length, instead = _phrase_at(words, place)
        written += instead
        place += length
        while instead == ["square", "meter"] and words[place : place + 1] == ["squared"]:
            written.insert(-1, "square")
            place += 1
    return written


def _phrase_at(words: Sequence[str], place: int) -> tuple[int, list[str]]:
    """Return the length of a phrase that begins at a place, in words, and its canonical words."""
    word = words[place]
    for phrase, instead in BY_FIRST_WORD.get(word, ()):
        if list(words[place : place + len(phrase)]) == phrase:
            return len(phrase), instead
    around = [*words[max(place - 1, 0) : place], *words[place + 1 : place + 3]]
    if word == "out" and len(around) == 3 and around[1] == "of":
        is_ratio = is_number(around[0]) and is_number(around[2])
        return (2, ["over"]) if is_ratio else (1, [word])
    return 1, [word]


def scores(words: Sequence[str]) -> list[str]:
    """Write a fraction after such words as "strength" as a number of so many.

    >>> scores(["strength", "/0.75", "or", "/0.75"])
    ['strength', '3', 'over', '4', 'or', '/0.75']
    """
    if SCORES.isdisjoint(words):
        return list(words)
    written: list[str] = []
    for place, word in enumerate(words):
        of = place - 1 if place and words[place - 1] not in AFTER_SCORE else place - 2
        if word in PARTS and of >= 0 and words[of] in SCORES:
            written += [PARTS[word][0], "over", PARTS[word][1]]
        else:
            written.append(word)
    return written


def times_and_by(words: Sequence[str]) -> list[str]:
    """Write x, "times" and "by" between two numbers as "by", and another x of a number as "times".

    >>> " ".join(times_and_by("2 x 3 centimeter or 2 x a day x 5 of factor x 2".split()))
    '2 by 3 centimeter or 2 times a day times 5 of factor x 2'
    """
    if "x" not in words and "times" not in words:
        return list(words)
    around = ["", *words, ""]
    written = []
    for before, word, after in zip(around, words, around[2:], strict=False):
        if word in ("x", "times") and is_number(before) and is_number(after):
            written.append("by")
        elif word == "x" and (
            (is_number(after) and before not in NUMBERED) or (is_number(before) and after in A_DAY)
        ):
            written.append("times")
        else:
            written.append(word)
    return written


def every_so_often(words: Sequence[str]) -> list[str]:
    """Write the q of a frequency as "every".

    >>> " ".join(every_so_often("q 4 to 6 hour q 8 hour q 5".split()))
    'every 4 to 6 hour every 8 hour q 5'
    """
    if "q" not in words:
        return list(words)
    return [
        "every" if word == "q" and _is_time(words[place + 1 : place + 5]) else word
        for place, word in enumerate(words)
    ]


def _is_time(words: Sequence[str]) -> bool:
    is_range = len(words) == 4 and words[1] == "to" and is_number(words[2])
    unit = words[3 if is_range else 1] if len(words) > 1 else ""
    return is_number(words[0]) and unit in TIMES.values() if words else False
