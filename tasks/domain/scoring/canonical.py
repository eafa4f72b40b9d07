"""The canonical view: texts that say the same are written the same, and others are not.

In order: characters (invisible ones, NFKC, apostrophes and dashes, accents, Greek letters, minus),
then each written word by itself (letters and digits parted, slashes, contractions, spelling), then
words in their order (dashes between numbers, Roman numbers, numbers by value, units, phrases).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from tasks.domain.scoring.characters import CHARACTER_STEPS
from tasks.domain.scoring.number_words import NUMBER_WORDS
from tasks.domain.scoring.numbers import FRACTION_WORDS
from tasks.domain.scoring.sequences import NUMBERED, PHRASE_WORDS, WORD_STEPS
from tasks.domain.scoring.units import COUNTED, POWERS
from tasks.domain.scoring.written import word_atoms

VERSION = "1"
REMEMBERED = 200_000
# Words whose canonical form may depend on those around them, beside each number. Words that are in
# many texts and never begin or end a change by themselves are left out.
BY_PLACE = (
    NUMBER_WORDS
    | FRACTION_WORDS
    | NUMBERED
    | PHRASE_WORDS
    | {*COUNTED, *POWERS, "per", "minus", "oh"}
) - {"a", "b", "c", "f", "to", "the", "of", "is", "has", "1", "10"}


class _Words(dict[str, str | None]):
    """Canonical words of a written word, or None where those around it have to be looked at."""

    def __missing__(self, written: str) -> str | None:
        atoms = word_atoms(written)
        digit_first = bool(atoms) and (atoms[0][0] in "/-0123456789") and atoms != ("-",)
        alone = None if digit_first or not BY_PLACE.isdisjoint(atoms) else " ".join(atoms)
        if len(self) >= REMEMBERED:
            self.clear()
        self[written] = "" if atoms == ("-",) else alone
        return self[written]


_ALONE = _Words()


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
    alone = list(map(_ALONE.__getitem__, written))
    if None not in alone:
        return " ".join(alone).split()  # type: ignore[arg-type]
    words: Sequence[str] = list(chain.from_iterable(map(word_atoms, written)))
    for step in WORD_STEPS:
        words = step(words)
    return list(words)
