"""Canonical words in their order: dashes between numbers, Roman numbers, phrases."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from tasks.domain.scoring.number_words import NUMBER_WORDS, is_number
from tasks.domain.scoring.numbers import numbers_by_value
from tasks.domain.scoring.units import ALWAYS, POWERS, name_units

_ROMAN = "i ii iii iv v vi vii viii ix x xi xii"
ROMAN = {roman: str(number) for number, roman in enumerate(_ROMAN.split(), 1)}
ROMAN_NUMBER = re.compile(f"({'|'.join(sorted(ROMAN, key=len, reverse=True))})([a-c]?)")
ALSO_BEFORE_ONE = frozenset(["type", "grade", "nyha", "mobitz"])
NUMBERED = ALSO_BEFORE_ONE | {"class", "stage", "factor", "phase", "category", "nerve"}
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
    return written


def _phrase_at(words: Sequence[str], place: int) -> tuple[int, list[str]]:
    """Return how many words a phrase has that begins at a place, and its canonical words."""
    word = words[place]
    for phrase, instead in BY_FIRST_WORD.get(word, ()):
        if list(words[place : place + len(phrase)]) == phrase:
            return len(phrase), instead
    around = [*words[max(place - 1, 0) : place], *words[place + 1 : place + 3]]
    if word == "out" and len(around) == 3 and around[1] == "of":
        is_ratio = is_number(around[0]) and is_number(around[2])
        return (2, ["over"]) if is_ratio else (1, [word])
    return 1, [word]


WORD_STEPS: tuple[Callable[[Sequence[str]], list[str]], ...] = (
    part_dashes,
    name_powers,
    roman_numbers,
    numbers_by_value,
    name_units,
    fixed_phrases,
)
