"""The words of one written word by itself: letters and digits parted, slashes, spelling."""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.domain.scoring.characters import FRACTION as FRACTION_SLASH
from tasks.domain.scoring.contractions import spelled_out
from tasks.domain.scoring.dates import date_words
from tasks.domain.scoring.number_words import PROPER_FRACTIONS, shortest
from tasks.domain.scoring.sequences import ROMAN
from tasks.domain.scoring.spelling import american
from tasks.domain.scoring.units import ALWAYS, COUNTED, POWERS, is_per, may_follow_per, unit_words

PIECE = re.compile(
    r"""
    (?P<ordinal>(?<![0-9.,])[0-9]+(?:st|nd|rd|th)(?![^\W_]))
    |(?P<chain>[0-9]+([./:-])[0-9]+(?:\3[0-9]+)+(?![0-9]))
    |(?P<number>[1-9][0-9]{0,2}(?:(?:,[0-9]{3})+(?![0-9,])|(?:'[0-9]{3})+(?![0-9']))(?:\.[0-9]+)?
        |[0-9]+\.[0-9]+|(?<![0-9],)(?<![0-9.])(?:[0-9]+,[0-9]{1,2}|0,[0-9]+)(?![0-9,])
        |[0-9]+|(?<![^\W_])(?<!\.)\.[0-9]+)
    |(?P<initials>(?<![^\W_])[^\W0-9_](?:\.[^\W0-9_])+(?![^\W_]))
    |(?P<power>(?<![^\W0-9_])[cm]?m[23](?![^\W_]))
    |(?P<word>[^\W0-9_]+(?:'[^\W0-9_]+)*)
    |(?P<sign>\S)
    """,
    re.VERBOSE,
)
CODE = re.compile(r"(?!.*[0-9](?:st|nd|rd|th)$|.*[cm]?m[23]$)(?:[a-z]+[0-9]+)+[a-z]*")
PART_OF_CODE = re.compile(r"[a-z]+|[0-9]+")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_ORDINALS = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
ORDINALS = {word: f"{number}th" for number, word in enumerate(_ORDINALS.split(), 3)}
ORDINALS |= {"first": "1st", "third": "3rd", "thirtieth": "30th"}  # "second" is also a time
EXPANDED = {
    "bpm": "beat per minute",
    "mph": "mile per hour",
    "°": "degree",
    "%": "percent",
    "#": "number",
}
EXPANDED |= {"nought": "zero", "naught": "zero"}
_TENS = "twenties thirties forties fifties sixties seventies eighties nineties"
EXPANDED |= {decade: f"{tens}0 s" for tens, decade in enumerate(_TENS.split(), 2)}
EXPANDED |= {"$": "dollar", "£": "pound", "€": "euro"}

ABBREVIATED = {
    "w/o": "without", "w/": "with", "c/o": "complains of", "h/o": "history of", "s/p": "status post",
    "r/o": "rule out", "y/o": "year old", "24/7": "24 7", "-ve": "negative",
    "cmh2o": "centimeter of water",
}  # fmt: skip


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
        return letter_words(written)
    if written == "-":
        return ("-",)
    abbreviated = ABBREVIATED.get(written.strip("().,;:?!"))
    if abbreviated:
        return tuple(abbreviated.split())
    if CODE.fullmatch(written):  # most words with digits: nothing in them but letters and digits
        return tuple(
            atom
            for part in PART_OF_CODE.findall(written)
            for atom in (letter_words(part) if part.isalpha() else (shortest(part),))
        )
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
            parts = re.split("[^0-9]", text)
            is_date = not kind and not signs and ":" not in text
            atoms += (date_words(parts) if is_date else None) or map(shortest, parts)
        elif piece.lastgroup == "ordinal":
            atoms.append(shortest(text[:-2]) + text[-2:])
        else:
            _addletter_words(atoms, kind, before, signs, text)
        kind, before, signs = piece.lastgroup or "", text, ""
    return tuple(atoms)


def _add_number(atoms: list[str], kind: str, before: str, signs: str, text: str) -> None:
    """Add a number, with the word that the signs between it and the piece before it mean."""
    value = shortest(_decimal(text))
    if kind == "number" and signs in BETWEEN:
        BETWEEN[signs](atoms, before, text, value)
    elif kind == "number" and signs in BETWEEN_IN_WORDS:
        atoms += [*BETWEEN_IN_WORDS[signs], value]
    elif kind == "word" and signs == "/" and (before in COUNTED or before in ALWAYS):
        atoms[-1:] = [*unit_words(before), "per", value]
    elif kind == "word" and signs == "^" and f"{before}{text}" in POWERS:
        atoms[-1:] = unit_words(f"{before}{text}")
    elif signs == "^-":
        atoms += ["to", "the", shortest(f"-{_decimal(text)}")]
    elif (
        kind == "number"
        and signs == "'"
        and len(before) == 1
        and value.isdecimal()
        and int(value) < 12
    ):
        atoms += ["foot", value]
    elif not kind and signs.endswith("-") and not signs.endswith("--"):
        atoms.append(shortest(f"-{_decimal(text)}"))
    else:
        atoms.append(value)


def _decimal(text: str) -> str:
    """Remove the commas of thousands; another comma between digits is a decimal one."""
    text = text.replace("'", "")
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
    whole = before.isdecimal() and text.isdecimal() and len(before) < 4 and len(text) < 4
    if whole and 0 < int(before) < int(text):
        atoms[-1] = f"/{shortest(f'{int(before) / int(text):.3f}')}"
    else:
        atoms += ["over", value]


def _colon(atoms: list[str], before: str, text: str, value: str) -> None:
    """Part hours and minutes; another colon is a ratio."""
    whole = before.isdecimal() and text.isdecimal()
    is_time = whole and len(before) < 3 and len(text) == 2 and text < "60" and int(before) < 25
    if not is_time:
        atoms += ["to", value]
    elif text == "00":
        atoms.append("oclock")
    else:  # "1:05" is not "one oh five", which is also 105
        atoms += ["oh", value] if text[0] == "0" and len(before) == 2 else [value]


BETWEEN = {"/": _slash, FRACTION_SLASH: _fraction_slash, ":": _colon}
BETWEEN_IN_WORDS = {"-": ("to",), "^": ("to", "the")}


def _addletter_words(atoms: list[str], kind: str, before: str, signs: str, text: str) -> None:
    """Add a word, and "per" or "over" where a slash before it means that."""
    if kind == "word" and signs == "/" and before in ROMAN and text in ROMAN:
        atoms[-1:] = [ROMAN[before], "over", ROMAN[text]]
    elif kind == "word" and signs == "/" and is_per(before, text):
        atoms[-1:] = [*unit_words(before), "per", *unit_words(text)]
    elif signs == "/" and (
        may_follow_per(text)
        if kind in ("number", "sign")
        else kind == "word" and len(before) > 3 and (text in ALWAYS or text in POWERS)  # cells/mm3
    ):
        atoms += ["per", *unit_words(text)]
    else:
        atoms += [text] if text in POWERS else letter_words(text.replace(".", ""))


@lru_cache(maxsize=100_000)
def letter_words(word: str) -> tuple[str, ...]:
    """Return the words of a word of letters: spelled out, in American spelling, units by name."""
    written: list[str] = []
    for part in spelled_out(word):
        for folded in american(part).split():
            name = ALWAYS.get(folded) or ORDINALS.get(folded) or EXPANDED.get(folded) or folded
            written += name.split()
    return tuple(written)
