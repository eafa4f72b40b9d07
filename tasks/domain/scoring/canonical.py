"""The canonical view: texts of the same words are written the same, and others are not.

In order: characters (invisible ones, NFKC, apostrophes and dashes, accents, Greek letters, minus),
then each written word by itself (letters and digits parted, slashes, contractions, spelling), then
words in their order (dashes between numbers, Roman numbers, numbers by value, units, phrases).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Literal, NamedTuple

from tasks.domain.scoring.characters import CHARACTER_STEPS
from tasks.domain.scoring.dates import MONTHS, days_of_months
from tasks.domain.scoring.joining import is_letter, join_digits, join_letters
from tasks.domain.scoring.normalize import VERSION as PUBLISHED_VERSION
from tasks.domain.scoring.normalize import normalize
from tasks.domain.scoring.number_words import DIGITS, FRACTION_WORDS, NUMBER_WORDS, is_number
from tasks.domain.scoring.numbers import numbers_by_value
from tasks.domain.scoring.sequences import (
    NUMBERED,
    PHRASE_WORDS,
    every_so_often,
    fixed_phrases,
    name_powers,
    part_dashes,
    roman_numbers,
    scores,
    times_and_by,
)
from tasks.domain.scoring.units import COUNTED, POWERS, SHORT, name_units
from tasks.domain.scoring.written import word_atoms

VERSION = "1"
View = Literal["published", "canonical"]  # as the published scoring has it, or as it was spoken
VERSIONS: dict[View, str] = {"published": PUBLISHED_VERSION, "canonical": VERSION}
REMEMBERED = 200_000
_PARTS_OF_PHRASES = (
    "a b c f o to the of is has or than equal am pm been got 1 2 10"  # they change nothing alone
)
# Words that may change a word beside them, or be changed by one that is no number.
BY_PLACE = (
    NUMBER_WORDS
    | FRACTION_WORDS
    | NUMBERED
    | PHRASE_WORDS
    | MONTHS.keys()
    | {*COUNTED, *POWERS, "per", "minus", "negative", "oh", "point", "out", "x", "times", "q"}
) - frozenset(_PARTS_OF_PHRASES.split())
# Units that a number before them makes one, and nothing else ("international" has a place itself).
COUNTED_ALONE = COUNTED.keys() - SHORT - (PHRASE_WORDS - {"unit", "units"})
WORD_STEPS: tuple[Callable[[Sequence[str]], list[str]], ...] = (
    part_dashes,
    name_powers,
    roman_numbers,
    join_letters,
    roman_numbers,  # of what the letters spelled
    scores,
    numbers_by_value,
    days_of_months,
    join_digits,
    times_and_by,
    name_units,
    every_so_often,
    fixed_phrases,
)
AFTER_IS = frozenset(["been", "got"])  # "it's been" is "it has been"
ARTICLES = (("a",), ("i",))  # letters that join nothing by themselves
# Of a written word that has the same canonical words wherever it is: those words.
_ALONE: dict[str, tuple[str, ...]] = {}


class Placed(NamedTuple):
    """Canonical words of a written word by the word before it."""

    alone: tuple[str, ...]
    after_number: tuple[str, ...]
    pairs: bool  # begins or ends with a word that another beside it changes
    digits: int  # single digits among them, of which four in a row would make an identifier


class _Placed(dict[str, Placed | None]):
    """The placed words of written words; None where more than the word before has to be looked at."""

    def __missing__(self, written: str) -> Placed | None:
        if len(self) >= REMEMBERED:
            self.clear()
            _ALONE.clear()
        self[written] = placed = _placed(word_atoms(written))
        if placed and placed.alone == placed.after_number and placed.digits < 2:
            free = not placed.pairs or placed.alone in ARTICLES
            if free and not _begins_with_number(placed.alone):
                _ALONE[written] = placed.alone
        return placed


def _placed(atoms: tuple[str, ...]) -> Placed | None:
    if len(atoms) == 1 and atoms[0] in COUNTED_ALONE:
        unit = atoms[0]
        return Placed(("2nd" if unit == "second" else unit,), (COUNTED[unit],), False, 0)
    if atoms == ("-",) or any(atom[0] == "/" or atom in BY_PLACE for atom in atoms):
        return None
    if any(_is_pair(*two) for two in pairwise(atoms)):
        return None
    pairs = any(is_letter(one) or one in AFTER_IS for one in (*atoms[:1], *atoms[-1:]))
    return Placed(atoms, atoms, pairs, sum(atom in DIGITS for atom in atoms))


def _is_pair(one: str, other: str) -> bool:
    return (is_letter(one) and is_letter(other)) or (one == "is" and other in AFTER_IS)


def _begins_with_number(atoms: tuple[str, ...]) -> bool:
    return bool(atoms) and is_number(atoms[0])


_PLACED = _Placed()


@lru_cache(maxsize=300_000)  # sides, sentences and tables ask for the same texts many times
def canonical(text: str) -> str:
    """Return the canonical words of a text, separated by single spaces.

    >>> canonical("Warfarin 1.50 mg—NOT 15mg")
    'warfarin 1.5 milligram not 15 milligram'
    >>> canonical("BP one hundred and twenty over eighty, haemoglobin A1c isn't 0.9 %")
    'bp 120 over 80 hemoglobin a 1 c is not 0.9 percent'
    """
    return " ".join(chain.from_iterable(canonical_words([text])))


def canonical_words(texts: Sequence[str]) -> list[list[str]]:
    """Return the canonical words of many texts; words are remembered, texts are not.

    >>> canonical_words(["β-blocker", "½ tablet"])
    [['beta', 'blocker'], ['0.5', 'tablet']]
    """
    together = "\n".join(texts)
    if together.count("\n") != len(texts) - 1:  # a text has several lines
        return [_words(_characters(text).split()) for text in texts]
    return [_words(line.split()) for line in _characters(together).split("\n")]


def _characters(text: str) -> str:
    for step in CHARACTER_STEPS:
        text = step(text)
    return text


def _words(written: Sequence[str]) -> list[str]:
    try:  # most texts have no number
        return list(chain.from_iterable(map(_ALONE.__getitem__, written)))
    except KeyError:
        words = _simple_words(written)
    if words is not None:
        return words
    return words_in_order(list(chain.from_iterable(map(word_atoms, written))))


def words_in_order(atoms: Sequence[str]) -> list[str]:
    """Apply the steps that look at the words around a word."""
    words = list(atoms)
    for step in WORD_STEPS:
        words = step(words)
    return words


def _simple_words(written: Sequence[str]) -> list[str] | None:
    """Return canonical words where numbers have nothing but units beside them, as most doses do."""
    words: list[str] = []
    after_number = after_letter = False
    digits = 0
    for word in written:
        atoms = _ALONE.get(word)
        if atoms is None:
            placed = _PLACED[word]
            if placed is None:
                return None
            digits += placed.digits
            atoms = placed.after_number if after_number else placed.alone
            if placed.pairs and words and _is_pair(words[-1], atoms[0]):
                return None
            after_letter = placed.pairs and is_letter(atoms[-1])
        elif after_letter and atoms:
            if atoms in ARTICLES:
                return None
            after_letter = False
        if atoms:
            words += atoms
            after_number = atoms[-1][-1] in DIGITS
    return words if digits < 3 else None


def scoring_id(view: View) -> str:
    """Name a view and the version of its rules, as records carry it.

    >>> scoring_id("published")
    'published 1'
    """
    return f"{view} {VERSIONS[view]}"


def words_of(texts: Sequence[str], view: View) -> list[str]:
    """Write texts in the words of a view.

    >>> words_of(["Take 1.5 mg"], "published"), words_of(["Take 1.5 mg"], "canonical")
    (['take 15 mg'], ['take 1.5 milligram'])
    """
    if view == "published":
        return [normalize(text) for text in texts]
    return [" ".join(words) for words in canonical_words(texts)]
