"""Critical items of a text: doses, numbers, units, negations and left/right words, found in canonical words.

A dose is a number with its unit and counts as one item. Items are equal by value: 0.5 mg is 500 mcg.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import Literal

from tasks.domain.scoring.units import UNIT_NAMES

Kind = Literal["dose", "number", "unit", "negation", "laterality"]
KINDS: tuple[Kind, ...] = ("dose", "number", "unit", "negation", "laterality")  # gravest first
CRITICAL_ITEM = "a dose, number, unit, negation or left/right word"
NUMBER = re.compile(r"-?\d{1,40}(\.\d{1,40})?")  # more digits are no value
COUNTS = {"once": 1, "twice": 2}
NUMBER_WORDS = frozenset({"hundred", "thousand", "million", "half", "quarter"})  # alone
NEGATIONS = (
    "no not never none nor without denies denied deny negative absent cannot cant dont doesnt didnt "
    "isnt wasnt arent werent wont hasnt havent hadnt shouldnt couldnt wouldnt aint neither nobody "
    "nothing nowhere unable non"
)
SIDES = "left right bilateral bilaterally unilateral ipsilateral contralateral"
WORDS: dict[str, Kind] = {
    **dict.fromkeys(NEGATIONS.split(), "negation"),
    **dict.fromkeys(SIDES.split(), "laterality"),
}
# Base unit, and how many of it; units with different base units have no factor.
SCALES: dict[str, tuple[str, Fraction]] = {
    **{
        f"{prefix}{base}": (base, size)
        for base in ("gram", "liter", "meter", "mole")
        for prefix, size in {
            "pico": Fraction(1, 10**12),
            "nano": Fraction(1, 10**9),
            "micro": Fraction(1, 10**6),
            "milli": Fraction(1, 10**3),
            "centi": Fraction(1, 100),
            "deci": Fraction(1, 10),
            "": Fraction(1),
            "kilo": Fraction(10**3),
        }.items()
    },
    "cc": ("liter", Fraction(1, 10**3)),
    "ounce": ("gram", Fraction("28.349523125")),
    "pound": ("gram", Fraction("453.59237")),
    "inch": ("meter", Fraction("0.0254")),
    "foot": ("meter", Fraction("0.3048")),
    "millisecond": ("second", Fraction(1, 10**3)),
    "second": ("second", Fraction(1)),
    "minute": ("second", Fraction(60)),
    "hour": ("second", Fraction(3_600)),
    "day": ("second", Fraction(86_400)),
    "week": ("second", Fraction(604_800)),
}
SHORT = {
    "picogram": "pg", "nanogram": "ng", "microgram": "mcg", "milligram": "mg", "gram": "g",
    "kilogram": "kg", "microliter": "mcL", "milliliter": "mL", "deciliter": "dL", "liter": "L",
    "cc": "mL", "nanomole": "nmol", "micromole": "mcmol", "millimole": "mmol", "mole": "mol",
    "milliequivalent": "mEq", "iu": "IU", "mmhg": "mmHg", "millimeter": "mm", "centimeter": "cm",
    "meter": "m", "square meter": "m2", "percent": "%", "degree celsius": "°C",
    "degree fahrenheit": "°F",
}  # fmt: skip
POWERS = frozenset({"square", "cubic"})
DEGREES = {"degree": ("celsius", "fahrenheit")}
ORDINAL = re.compile(r"(\d{1,4})(?:st|nd|rd|th)")  # a date, a degree, a dose of several
_FREQUENCIES = "hourly daily nightly weekly monthly bid tid qid qd qod qhs"
FREQUENCIES = frozenset(_FREQUENCIES.split())
EACH = frozenset({"a", "an", "per", "each", "every"})
HOW_OFTEN = {
    "hour": "hourly",
    "day": "daily",
    "night": "nightly",
    "week": "weekly",
    "month": "monthly",
}
HALVES = frozenset({"am", "pm"})  # of a day, after a number
FORMS = frozenset({"unit", "tablet", "capsule", "drop", "puff"})
PLURALS = {f"{form}s": form for form in FORMS}  # units keep their plural where no number precedes
UNITS = frozenset({*UNIT_NAMES, *SCALES, *SHORT, *FREQUENCIES, *FORMS, *HALVES})
# Other units are ordinary words where no number precedes: the left foot, short of breath, next day.
ALONE = frozenset(
    {*FREQUENCIES, *FORMS, *PLURALS, "percent", "milliequivalent", "iu", "mmhg", "cc"}
    | {name for name, (dimension, _) in SCALES.items() if dimension in ("gram", "liter", "mole")}
    - {"ounce", "pound"}
)
# An item begins with one of these, or with a number.
CRITICAL = frozenset({*ALONE, *COUNTS, *NUMBER_WORDS, *WORDS})
LINKS = frozenset(
    {*EACH, *HOW_OFTEN, *POWERS, *DEGREES, *chain(*DEGREES.values()), "over", "times"}
)
# Any other word without a digit is in no item.
MEMBERS = CRITICAL | UNITS | PLURALS.keys() | LINKS
Unit = tuple[str, ...]  # names of units, each after the first one of a denominator
UNITLESS: Unit = ()


@dataclass(frozen=True)
class Item:
    """A critical item; equal to another one of the same `key`.

    `text` is how it is shown. `value` is its number, None where it has none; `unit` names its unit and
    those after *per*, empty without.
    """

    kind: Kind
    key: tuple[str | Fraction, ...]
    text: str = field(compare=False)
    value: Fraction | None = field(default=None, compare=False)
    unit: Unit = field(default=UNITLESS, compare=False)


Token = str | Item


def is_critical(words: Sequence[str]) -> bool:
    """Return whether any of these canonical words is part of a critical item.

    >>> is_critical(["give", "5"]), is_critical(["no", "pain"]), is_critical(["the", "knee"])
    (True, True, False)
    """
    return not CRITICAL.isdisjoint(words) or any(map(_has_digit, words))


def is_in_no_item(word: str) -> bool:
    """Return whether a canonical word is part of no critical item, whatever is beside it.

    >>> is_in_no_item("knee"), is_in_no_item("per"), is_in_no_item("2nd")
    (True, False, False)
    """
    return word not in MEMBERS and not _has_digit(word)


def _has_digit(word: str) -> bool:
    return word[-1].isdigit() or word[0].isdigit()


def with_items(words: Sequence[str]) -> list[Token]:
    """Return canonical words in order, those of each critical item merged into the item.

    >>> [getattr(token, "text", token) for token in with_items("give 1.5 milligram no 120 over 80".split())]
    ['give', '1.5 mg', 'no', '120/80']
    """
    tokens: list[Token] = []
    position = 0
    while position < len(words):
        item, position = _item_at(words, position)
        tokens.append(item)
    return tokens


def items(words: Sequence[str]) -> list[Item]:
    """Return the critical items among canonical words, in order."""
    if not is_critical(words):
        return []
    return [token for token in with_items(words) if isinstance(token, Item)]


def _item_at(words: Sequence[str], position: int) -> tuple[Token, int]:
    """Read the item or word at this position; return it with the position after it."""
    word = words[position]
    if is_in_no_item(word):
        return word, position + 1
    if word in WORDS:
        return Item(WORDS[word], (word,), word), position + 1
    if _is_number(word):
        over = words[position + 1 : position + 3]
        if len(over) == 2 and over[0] == "over" and NUMBER.fullmatch(over[1]):
            return _measured(f"{word}/{over[1]}", None, words, position + 3)
        return _measured(word, _value(word), words, position + 1)
    ordinal = ORDINAL.fullmatch(word)
    if ordinal and int(ordinal[1]) > 2:  # "first" and "second" also count what is spoken
        value = Fraction(ordinal[1])
        return Item("number", _key(word, value, UNITLESS), word, value), position + 1
    unit, after = _unit_at(words, position) if word in ALONE else (UNITLESS, position)
    if unit:
        return Item("unit", ("unit", *unit), _short(unit), None, unit), after
    return word, position + 1


def _measured(
    number: str, value: Fraction | None, words: Sequence[str], position: int
) -> tuple[Item, int]:
    """Return a number with the unit that follows it, as a dose, or alone."""
    unit, after = _frequency_at(words, position) or _unit_at(words, position)
    if number == "once" and unit[:1] and unit[0] in HOW_OFTEN.values():  # once daily is daily
        return Item("unit", ("unit", *unit), _short(unit), None, unit), after
    text = f"{number} {_short(unit)}" if unit else number
    kind: Kind = "dose" if unit else "number"
    return Item(kind, _key(number, value, unit), text, value, unit), after


def _is_number(word: str) -> bool:
    return word in COUNTS or word in NUMBER_WORDS or NUMBER.fullmatch(word) is not None


def _value(word: str) -> Fraction | None:
    if word in COUNTS:
        return Fraction(COUNTS[word])
    if not NUMBER.fullmatch(word):
        return None
    return Fraction(
        int(word) if word.isdecimal() else word
    )  # from text it takes five times as long


def _unit_at(words: Sequence[str], position: int) -> tuple[Unit, int]:
    """Read a unit with what it is per (`milligram per kilogram per day`); empty where there is none."""
    name, after = _unit_name(words, position)
    names = []
    while name:
        names.append(name)
        position = after
        if position >= len(words) or words[position] != "per":
            break
        name, after = _unit_name(words, position + 1)
    return tuple(names), position


def _frequency_at(words: Sequence[str], position: int) -> tuple[Unit, int] | None:
    """Read how often a number is: "times a day", "a day" and "times daily" are daily."""
    position += words[position : position + 1] == ["times"]
    each, *unit = words[position : position + 2] or [""]
    if each in EACH and unit and unit[0] in HOW_OFTEN:
        return (HOW_OFTEN[unit[0]],), position + 2
    return ((each,), position + 1) if each in FREQUENCIES else None


def _unit_name(words: Sequence[str], position: int) -> tuple[str, int]:
    """Read one name of a unit; empty where there is none."""
    word, *following = words[position : position + 2] or [""]
    if following and following[0] in (UNITS if word in POWERS else DEGREES.get(word, ())):
        return f"{word} {following[0]}", position + 2
    word = PLURALS.get(word, word)
    return (word, position + 1) if word in UNITS else ("", position)


def _short(unit: Unit) -> str:
    return "/".join(SHORT.get(name, name) for name in unit)


def scale(unit: Unit) -> tuple[tuple[str, ...], Fraction]:
    """Return the dimension of a unit, named by its base unit, and how many of the base unit it is.

    >>> scale(("milligram", "liter")) == (("gram", "liter"), Fraction(1, 1000))
    True
    """
    dimensions, size = [], Fraction(1)
    for number, name in enumerate(unit):
        dimension, factor = SCALES.get(name, (name, Fraction(1)))
        dimensions.append(dimension)
        size = size / factor if number else size * factor
    return tuple(dimensions), size


def _key(number: str, value: Fraction | None, unit: Unit) -> tuple[str | Fraction, ...]:
    if value is None:
        return (number, *unit)
    # 0 mg and 0 mL are written otherwise, and no factor leads from one to the other
    if not value or not unit:
        return (value, *unit)
    dimension, size = scale(unit)
    return (value * size, *dimension)
