"""The canonical words of one written word, and of some words in their order."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from tasks.domain.scoring.characters import FRACTION as FRACTION_SLASH
from tasks.domain.scoring.contractions import spelled_out
from tasks.domain.scoring.numbers import (
    FRACTION_WORDS,
    NUMBER_WORDS,
    SMALL,
    numbers_by_value,
    shortest,
)
from tasks.domain.scoring.spelling import american
from tasks.domain.scoring.units import (
    ALWAYS,
    COUNTED,
    POWERS,
    is_number,
    is_per,
    may_follow_per,
    name_units,
    unit_words,
)

PIECE = re.compile(
    r"""
    (?P<ordinal>(?<![0-9.,])[0-9]+(?:st|nd|rd|th)(?![^\W_]))
    |(?P<chain>[0-9]+([./:-])[0-9]+(?:\3[0-9]+)+(?![0-9]))
    |(?P<number>[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])(?:\.[0-9]+)?
        |[0-9]+\.[0-9]+|(?<![0-9],)(?<![0-9.])(?:[0-9]+,[0-9]{1,2}|0,[0-9]+)(?![0-9,])
        |[0-9]+|(?<![^\W_])(?<!\.)\.[0-9]+)
    |(?P<initials>(?<![^\W_])[^\W0-9_](?:\.[^\W0-9_])+(?![^\W_]))
    |(?P<power>(?<![^\W0-9_])[cm]?m[23](?![^\W_]))
    |(?P<word>[^\W0-9_]+(?:'[^\W0-9_]+)*)
    |(?P<sign>\S)
    """,
    re.VERBOSE,
)
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
PROPER_FRACTIONS = {
    "1/2": "0.5", "1/3": "0.333", "2/3": "0.667", "1/4": "0.25", "3/4": "0.75",
    "1/8": "0.125", "3/8": "0.375", "5/8": "0.625", "7/8": "0.875",
}  # fmt: skip
ORDINALS = {
    word: f"{number}{'th' if number > 3 else ('st', 'nd', 'rd')[number - 1]}"
    for number, word in enumerate(
        [
            "first",
            "-",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        1,
    )
    if word != "-"
} | {"thirtieth": "30th"}
ROMAN = {
    roman: str(number)
    for number, roman in enumerate(
        ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"], 1
    )
}
ROMAN_NUMBER = re.compile(f"({'|'.join(sorted(ROMAN, key=len, reverse=True))})([a-c]?)")
ALSO_BEFORE_ONE = frozenset(["type", "grade", "nyha", "mobitz"])
NUMBERED = frozenset(
    ["type", "class", "grade", "stage", "factor", "phase", "nyha", "mobitz", "category", "nerve"]
)
EXPANDED = {"bpm": "beat per minute", "mph": "mile per hour", "°": "degree", "%": "percent"}
# Words that follow each other: the first that fits is written as the second.
PHRASES: dict[str, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
for _phrase, _written in (
    ("per cent", "percent"),
    ("is been", "has been"),
    ("is got", "has got"),
    ("millimeter of mercury", "mmhg"),
    ("millimeter mercury", "mmhg"),
    ("millimeter hg", "mmhg"),
    ("mm hg", "mmhg"),
    ("international unit", "iu"),
    ("international units", "iu"),
    ("degree c", "degree celsius"),
    ("degree f", "degree fahrenheit"),
    ("degrees c", "degree celsius"),
    ("degrees f", "degree fahrenheit"),
    ("degrees celsius", "degree celsius"),
    ("degrees fahrenheit", "degree fahrenheit"),
    ("meter squared", "square meter"),
    ("hba 1 c", "hemoglobin a 1 c"),
    ("hgba 1 c", "hemoglobin a 1 c"),
    ("hb a 1 c", "hemoglobin a 1 c"),
    ("hgb a 1 c", "hemoglobin a 1 c"),
    ("10 to the power of", "10 to the"),
    ("10 to the 9th", "10 to the 9"),
    ("10 to the 6th", "10 to the 6"),
    ("10 to the 12th", "10 to the 12"),
):
    PHRASES.setdefault(_phrase.split()[0], []).append(
        (tuple(_phrase.split()), tuple(_written.split()))
    )
# A text without these words, and without a word that begins with a number, has its words one by one.
CANDIDATES = frozenset(
    [
        *NUMBER_WORDS, *FRACTION_WORDS, *SMALL, *COUNTED, *POWERS, *NUMBERED,
        "per", "cent", "been", "got", "mercury", "hg", "mm", "millimeter", "international", "degree", "degrees",
        "squared", "hba", "hgba", "hb", "hgb", "power", "minus", "thirds",
    ]
)  # fmt: skip


@lru_cache(maxsize=200_000)  # most words of a corpus come again
def word_atoms(written: str) -> tuple[str, ...]:
    """Return the words of one written word, before those around it are looked at.

    A fraction is marked by a slash, since it may add to the number before it; a lone dash is kept.

    >>> word_atoms("b12"), word_atoms("5mg/kg"), word_atoms("120/80"), word_atoms("1/2")
    (('b', '12'), ('5', 'milligram', 'per', 'kilogram'), ('120', 'over', '80'), ('/0.5',))
    >>> word_atoms("beta-blocker"), word_atoms("2-3"), word_atoms("-5,"), word_atoms("-")
    (('beta', 'blocker'), ('2', 'to', '3'), ('-5',), ('-',))
    """
    if written.isalpha():
        return _letters(written)
    if written == "-":
        return ("-",)
    atoms: list[str] = []
    kind = before = signs = ""
    for piece in PIECE.finditer(written):
        text = piece[0]
        if piece.lastgroup == "sign":
            signs += text
            if text in EXPANDED:
                atoms.append(EXPANDED[text])
                kind, before, signs = "sign", text, ""
            continue
        if piece.lastgroup == "number":
            _add_number(atoms, kind, before, signs, text)
        elif piece.lastgroup == "chain":  # a date, a time, a number read digit by digit
            atoms += [shortest(part) for part in re.split("[^0-9]", text)]
        elif piece.lastgroup == "ordinal":
            atoms.append(shortest(text[:-2]) + text[-2:])
        else:
            _add_letters(atoms, kind, before, signs, text)
        kind, before, signs = piece.lastgroup or "", text, ""
    return tuple(atoms)


def _add_number(atoms: list[str], kind: str, before: str, signs: str, text: str) -> None:
    """Add a number, with the word that the signs between it and the piece before it mean."""
    value = shortest(_decimal(text))
    if kind == "number" and signs in BETWEEN:
        BETWEEN[signs](atoms, before, text, value)
    elif kind == "word" and signs == "/" and (before in COUNTED or before in ALWAYS):
        atoms[-1:] = [*unit_words(before), "per", value]
    elif kind == "word" and signs == "^" and f"{before}{text}" in POWERS:
        atoms[-1:] = unit_words(f"{before}{text}")
    elif not kind and signs.endswith("-") and not signs.endswith("--"):
        atoms.append(shortest(f"-{_decimal(text)}"))
    else:
        atoms.append(value)


def _decimal(text: str) -> str:
    """Remove the commas of thousands; another comma between digits is a decimal one."""
    return text.replace(",", "" if THOUSANDS.fullmatch(text) else ".")


def _slash(atoms: list[str], before: str, text: str, value: str) -> None:
    fraction = PROPER_FRACTIONS.get(f"{before}/{text}")
    if fraction is None:
        atoms += ["over", value]
        return
    atoms[-1] = f"/{fraction}"
    if len(atoms) > 2 and atoms[-2] == "to" and atoms[-3].isdecimal():  # 1-1/2 is one and a half
        del atoms[-2]


def _fraction_slash(atoms: list[str], before: str, text: str, value: str) -> None:
    if len(before) < 4 and len(text) < 4 and 0 < int(before) < int(text):
        atoms[-1] = f"/{shortest(f'{int(before) / int(text):.3f}')}"
    else:
        atoms += ["over", value]


def _colon(atoms: list[str], before: str, text: str, value: str) -> None:
    """Part hours and minutes; another colon is a ratio."""
    is_time = len(before) < 3 and len(text) == 2 and text < "60" and int(before) < 25
    atoms += [value] if is_time else ["to", value]


def _dash(atoms: list[str], before: str, text: str, value: str) -> None:
    atoms += ["to", value]


def _power(atoms: list[str], before: str, text: str, value: str) -> None:
    atoms += ["to", "the", value]


BETWEEN = {"/": _slash, FRACTION_SLASH: _fraction_slash, ":": _colon, "-": _dash, "^": _power}


def _add_letters(atoms: list[str], kind: str, before: str, signs: str, text: str) -> None:
    """Add a word, and "per" or "over" where a slash before it means that."""
    if kind == "word" and signs == "/" and before in ROMAN and text in ROMAN:
        atoms[-1:] = [ROMAN[before], "over", ROMAN[text]]
    elif kind == "word" and signs == "/" and is_per(before, text):
        atoms[-1:] = [*unit_words(before), "per", *unit_words(text)]
    elif kind in ("number", "sign") and signs == "/" and may_follow_per(text):
        atoms += ["per", *unit_words(text)]
    else:
        atoms += [text] if text in POWERS else _letters(text.replace(".", ""))


def _letters(word: str) -> tuple[str, ...]:
    """Return the words of a word of letters: spelled out, in American spelling, units by name."""
    written: list[str] = []
    for part in spelled_out(word):
        for folded in american(part).split():
            name = ALWAYS.get(folded) or ORDINALS.get(folded) or EXPANDED.get(folded) or folded
            written += name.split()
    return tuple(written)


def part_dashes(words: Sequence[str]) -> list[str]:
    """Write a lone dash between two numbers as "to"; others vanish.

    >>> part_dashes(["5", "-", "10", "-", "twice"])
    ['5', 'to', '10', 'twice']
    """
    around = ["", *words, ""]
    return [
        "to" if word == "-" else word
        for before, word, after in zip(around, words, around[2:], strict=False)
        if word != "-" or (_counts(before) and _counts(after))
    ]


def _counts(word: str) -> bool:
    return word in NUMBER_WORDS or is_number(word.lstrip("/"))


def roman_numbers(words: Sequence[str]) -> list[str]:
    """Write Roman numbers after such words as "type" as digits; "stage i" may begin "stage I think".

    >>> roman_numbers("type ii or stage iiib".split())
    ['type', '2', 'or', 'stage', '3', 'b']
    """
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
    written: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        for phrase, instead in PHRASES.get(word, ()):
            if tuple(words[place : place + len(phrase)]) == phrase:
                written += instead
                place += len(phrase)
                break
        else:
            ratio = word == "out" and words[place + 1 : place + 2] == ["of"]
            if (
                ratio
                and written
                and is_number(written[-1])
                and is_number("".join(words[place + 2 : place + 3]))
            ):
                written.append("over")
                place += 2
            else:
                written.append(word)
                place += 1
    return written


WORD_STEPS: tuple[Callable[[Sequence[str]], list[str]], ...] = (
    part_dashes,
    roman_numbers,
    numbers_by_value,
    name_units,
    fixed_phrases,
)
