"""Write a text in the alphabet of a base, where case, punctuation, digits or accents alone differ.

What the alphabet can write stays as it is: a base with capitals and punctuation keeps both. Only what
it lacks is written in another way, and in this order:

1. other white space becomes a space, and characters that are neither visible nor spoken are removed;
2. a number is written as it is spoken, with the unit or sign that belongs to it: `5 mg` becomes `five
   milligrams`, which is what the clips of a build speak and what canonical scoring reads as the same dose;
3. a sign that is a word is written as that word: `&`, `%`, a Greek letter;
4. punctuation takes its plain form, parts words (dashes and slashes) or goes;
5. an accent is taken off its letter;
6. a letter changes its case.

A text that still has a character outside the alphabet cannot be spelled, and is not trained on.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Literal

from tasks.domain.alphabet.alphabet import MARKS, Alphabet
from tasks.domain.alphabet.spoken_numbers import numbers_as_spoken
from tasks.domain.spoken.numerals import SYMBOLS

Kind = Literal["symbols", "numbers", "punctuation", "accents", "case"]
PLAIN_FORMS = {
    "‘": "'", "’": "'", "‛": "'", "′": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"',
    "″": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "…": "...",
}  # fmt: skip
PARTING = frozenset("-/\\_|‐‑‒–—―−")  # between two words, which stay two
LETTERS = str.maketrans({
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    "Æ": "Ae", "Œ": "Oe", "Ø": "O", "Ł": "L", "Đ": "D", "Ð": "D", "Þ": "Th",
})  # fmt: skip  # letters that Unicode does not take apart
SPOKEN_SIGNS = "%‰&@#§"  # punctuation to Unicode, words to a reader: never dropped
WORDS = {"&": "and", "°": "degrees", "#": "number", "~": "about"} | SYMBOLS
UNSEEN = ("Cc", "Cf", "So")  # controls, joiners, pictures and trade marks
GREEK = re.compile(r"GREEK (?:SMALL|CAPITAL) LETTER (?:FINAL )?([A-Z]+)$")


@dataclass(frozen=True)
class Respelled:
    """A text in the alphabet of a base, and in what it differs from the text before."""

    text: str
    kinds: frozenset[Kind] = frozenset()


@dataclass(frozen=True)
class Unspellable:
    """A text that cannot be written in the alphabet, for these characters."""

    characters: str

    @property
    def reason(self) -> str:
        """
        >>> Unspellable("µß").reason
        "the base cannot write 'µ', 'ß'"
        """
        if not self.characters:
            return "no word is left of it that the base can write"
        return f"the base cannot write {', '.join(map(repr, self.characters))}"


@lru_cache(maxsize=300_000)  # the stages of a cycle ask for the same texts
def respell(text: str, alphabet: Alphabet) -> Respelled | Unspellable:
    """Write a text in an alphabet; what the alphabet has stays as it is.

    >>> letters = Alphabet(frozenset("abcdefghijklmnopqrstuvwxyz"))
    >>> respell("She takes 1.5 mg of Tylenol®, née X.", letters).text
    'she takes one point five milligrams of tylenol nee x'
    >>> respell("She", Alphabet(frozenset("She"))).kinds
    frozenset()
    """
    kinds: set[Kind] = set()
    if alphabet.folds and alphabet.lacking(text):
        text = _folded(text)
    for kind, step in STEPS:
        lacking = alphabet.lacking(text)
        if not lacking:
            break
        written = step(text, lacking, alphabet)
        if written != text:
            kinds.add(kind)
        text = written
    lacking = alphabet.lacking(text)
    if lacking or not text.strip():
        return Unspellable("".join(sorted(lacking)))
    return Respelled(text, frozenset(kinds))


def _folded(text: str) -> str:
    """Apply NFKC as the tokenizer does, but not to signs and small digits, whose meaning it changes."""
    runs = groupby(text, lambda one: unicodedata.category(one) in MARKS)
    return "".join(
        "".join(run) if marks else unicodedata.normalize("NFKC", "".join(run))
        for marks, run in runs
    )


def _without_the_unseen(text: str, lacking: frozenset[str], _alphabet: Alphabet) -> str:
    """Take out controls, joiners and trade marks; other white space becomes a space."""
    unseen = {one for one in lacking if unicodedata.category(one) in UNSEEN and one not in WORDS}
    return " ".join("".join(one for one in text if one not in unseen or one.isspace()).split())


def _signs_as_words(text: str, lacking: frozenset[str], _alphabet: Alphabet) -> str:
    """Write signs that are words, and Greek letters, as those words."""
    words = {one: word for one in lacking if (word := WORDS.get(one) or _greek_name(one))}
    parts = ("", *text, "")
    written = [
        one if one not in words else f"{_gap(before)}{words[one]}{_gap(after)}"
        for before, one, after in zip(parts, parts[1:-1], parts[2:], strict=False)
    ]
    return _spaced("".join(written), text)


def _gap(neighbor: str) -> str:
    """Return a space where a word would else be joined to this character."""
    return " " if neighbor.isalnum() else ""


def _greek_name(letter: str) -> str | None:
    """Return the name of a Greek letter, None for any other.

    >>> _greek_name("β"), _greek_name("b")
    ('beta', None)
    """
    match = GREEK.match(unicodedata.name(letter, ""))
    return match[1].lower() if match else None


def _punctuation_that_there_is(text: str, lacking: frozenset[str], alphabet: Alphabet) -> str:
    """Write punctuation in its plain form where the alphabet has that; else part words, or drop it."""
    written = []
    for place, one in enumerate(text):
        plain = PLAIN_FORMS.get(one, one)
        if one not in lacking or not (one in PLAIN_FORMS or _is_silent(one)):
            written.append(one)
        elif not alphabet.lacking(plain):
            written.append(plain)
        else:
            written.append(" " if _parts_words(text, place) else "")
    return _spaced("".join(written), text)


def _parts_words(text: str, place: int) -> bool:
    """Return whether two words would be joined without this punctuation: not `o'clock`, not `b.i.d.`

    >>> _parts_words("beta-blocker", 4), _parts_words("b.i.d.", 1), _parts_words("now.Then", 3)
    (True, False, True)
    """
    one, around = text[place], text[place - 1 : place] + text[place + 1 : place + 2]
    if one in PARTING:
        return True
    if len(around) < 2 or not around.isalnum() or PLAIN_FORMS.get(one, one) == "'":
        return False
    return one != "." or (text[max(place - 2, 0) : place].isalnum() and place > 1)


def _is_silent(one: str) -> bool:
    """Return whether a character is punctuation that no reader speaks."""
    return unicodedata.category(one).startswith("P") and one not in SPOKEN_SIGNS


def _letters_without_accents(text: str, _lacking: frozenset[str], alphabet: Alphabet) -> str:
    """Take the accents off the letters that the alphabet lacks with them."""
    composed = unicodedata.normalize("NFC", text)
    bare = {one: _bare(one) for one in set(composed) if alphabet.lacking(one)}
    return "".join(
        form if (form := bare.get(one)) and _in_a_case(form, alphabet) else one for one in composed
    )


def _in_a_case(letters: str, alphabet: Alphabet) -> bool:
    """Return whether each of these letters can be written in one case at least."""
    return not all(map(alphabet.lacking, (letters.lower(), letters.upper())))


def _bare(letter: str) -> str:
    """
    >>> _bare("é"), _bare("ß"), _bare("b")
    ('e', 'ss', 'b')
    """
    apart = unicodedata.normalize("NFKD", letter.translate(LETTERS))
    kept = "".join(one for one in apart if not unicodedata.combining(one))
    return kept if unicodedata.category(letter) not in MARKS else letter


def _letters_in_the_case_that_there_is(
    text: str, lacking: frozenset[str], alphabet: Alphabet
) -> str:
    """Change the case of the letters that the alphabet has in the other case alone."""

    def other_case(letter: str) -> str:
        if letter not in lacking:
            return letter
        forms = (letter.lower(), letter.upper())
        return next((form for form in forms if not alphabet.lacking(form)), letter)

    return "".join(map(other_case, text))


def _spaced(written: str, before: str) -> str:
    """Put single spaces between the words of a text that was changed."""
    return written if written == before else " ".join(written.split())


STEPS: tuple[tuple[Kind, Callable[[str, frozenset[str], Alphabet], str]], ...] = (
    ("symbols", _without_the_unseen),
    ("numbers", numbers_as_spoken),
    ("symbols", _signs_as_words),
    ("punctuation", _punctuation_that_there_is),
    ("accents", _letters_without_accents),
    ("case", _letters_in_the_case_that_there_is),
)
