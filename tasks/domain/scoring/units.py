"""Units of the canonical view: each has one name, in the singular."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.domain.scoring.number_words import is_number

PREFIXES = {
    "kilo": ("k",), "deci": ("d",), "centi": ("c",), "milli": ("m",),
    "micro": ("μ", "u", "mc"), "nano": ("n",), "pico": ("p",),
}  # fmt: skip
BASES = {"gram": "g", "liter": "l", "meter": "m", "mole": "mol"}
WRITTEN = {"gram": ("gram", "gramme"), "liter": ("liter", "litre"), "meter": ("meter", "metre")}

# Names and symbols that mean the unit wherever they are.
ALWAYS: dict[str, str] = {
    "percent": "percent", "mmhg": "mmhg", "iu": "iu", "ius": "iu", "meq": "milliequivalent",
    "meqs": "milliequivalent", "milliequivalent": "milliequivalent",
    "milliequivalents": "milliequivalent", "kcal": "kilocalorie", "kilocalorie": "kilocalorie",
    "kilocalories": "kilocalorie", "hz": "hertz", "hertz": "hertz", "kpa": "kilopascal",
    "kilopascal": "kilopascal", "kilopascals": "kilopascal", "mosm": "milliosmole",
    "milliosmole": "milliosmole", "milliosmoles": "milliosmole", "msec": "millisecond",
    "millisecond": "millisecond", "milliseconds": "millisecond", "milliunit": "milliunit",
    "milliunits": "milliunit", "microunit": "microunit", "microunits": "microunit",
}  # fmt: skip
TIMES: dict[str, str] = {
    "h": "hour", "hr": "hour", "hrs": "hour", "hour": "hour", "hours": "hour",
    "min": "minute", "mins": "minute", "minute": "minute", "minutes": "minute",
    "sec": "second", "secs": "second", "second": "second", "seconds": "second",
    "day": "day", "days": "day", "wk": "week", "wks": "week", "week": "week", "weeks": "week",
    "month": "month", "months": "month", "mo": "month", "mos": "month",
    "yr": "year", "yrs": "year", "year": "year", "years": "year", "ms": "millisecond",
}  # fmt: skip
# Letters and words that are a unit only after a number, after "per" or beside a slash.
MEASURES: dict[str, str] = {
    "g": "gram", "gm": "gram", "gms": "gram", "l": "liter", "u": "unit", "m": "meter",
    "oz": "ounce", "ounces": "ounce", "ounce": "ounce", "lb": "pound", "lbs": "pound",
    "pound": "pound", "pounds": "pound", "ft": "foot", "feet": "foot", "foot": "foot",
    "inch": "inch", "inches": "inch", "unit": "unit", "units": "unit", "cc": "cc", "ccs": "cc",
    "fr": "french", "french": "french", "mol": "mole", "mole": "mole", "moles": "mole",
    "degree": "degree", "degrees": "degree",
}  # fmt: skip
FORMS: dict[str, str] = {
    "tab": "tablet", "tabs": "tablet", "tablet": "tablet", "tablets": "tablet",
    "cap": "capsule", "caps": "capsule", "capsule": "capsule", "capsules": "capsule",
    "gtt": "drop", "gtts": "drop", "drop": "drop", "drops": "drop", "puff": "puff",
    "puffs": "puff", "spray": "spray", "sprays": "spray", "vial": "vial", "vials": "vial",
    "ampule": "ampule", "ampules": "ampule", "ampoule": "ampule", "ampoules": "ampule",
    "teaspoon": "teaspoon", "teaspoons": "teaspoon", "tsp": "teaspoon",
    "tablespoon": "tablespoon", "tablespoons": "tablespoon", "tbsp": "tablespoon",
    "beat": "beat", "beats": "beat", "breath": "breath", "breaths": "breath",
    "pill": "pill", "pills": "pill", "patch": "patch", "patches": "patch",
}  # fmt: skip
BY_PLACE = {"mm", "km", "cl", "ul", "ng", "pg", "dg", "cg"}  # "mm" is also an interjection
NEVER = {"um", "pm", "mcl", "mcm", "mcmol", "nm", "dm", "kl", "dmol", "cmol"}  # other words


def _prefixed() -> None:
    """Add names and symbols of grams, liters, meters and moles with their prefixes."""
    for base, symbol in BASES.items():
        for written in WRITTEN.get(base, (base,)):
            if base != "mole":  # of the skin, where it is alone
                ALWAYS.update({written: base, f"{written}s": base})
            for prefix in PREFIXES:
                ALWAYS.update(
                    dict.fromkeys((prefix + written, f"{prefix}{written}s"), prefix + base)
                )
        for prefix, shorts in PREFIXES.items():
            for short in (one + symbol for one in shorts if one + symbol not in NEVER):
                table = MEASURES if short in BY_PLACE else ALWAYS
                table.update(dict.fromkeys((short, f"{short}s"), prefix + base))


_prefixed()
COUNTED = {**MEASURES, **TIMES, **FORMS}
SYMBOLS = {**COUNTED, **ALWAYS}
POWERS = {  # only after a number or "per": M2 and T3 are names elsewhere
    "m2": "square meter", "cm2": "square centimeter", "mm2": "square millimeter",
    "m3": "cubic meter", "cm3": "cubic centimeter", "mm3": "cubic millimeter",
}  # fmt: skip
SHORT = {"g", "l", "u", "m", "h"}
AFTER_SLASH = {"d": "day"}
UNIT_NAMES = frozenset([*SYMBOLS.values(), "celsius", "fahrenheit"])


def may_follow_per(word: str) -> bool:
    """Return whether a word is a measure or a time: tablets come before a slash, never after it."""
    return (
        word in ALWAYS or word in MEASURES or word in TIMES or word in POWERS or word in AFTER_SLASH
    )


def is_per(left: str, right: str) -> bool:
    """Return whether a slash between two words is "per": both are units, and not both are times.

    >>> is_per("mg", "kg"), is_per("units", "h"), is_per("days", "weeks"), is_per("he", "she")
    (True, True, False, False)
    """
    return left in SYMBOLS and may_follow_per(right) and not (left in TIMES and right in TIMES)


def unit_words(word: str) -> tuple[str, ...]:
    """Return the canonical words of a unit that is known to be one.

    >>> unit_words("hrs"), unit_words("m2")
    (('hour',), ('square', 'meter'))
    """
    return (
        tuple(POWERS[word].split()) if word in POWERS else (AFTER_SLASH.get(word) or SYMBOLS[word],)
    )


def name_units(words: Sequence[str]) -> list[str]:
    """Name the units that are units by their place: after a number or after "per".

    A short letter between two numbers, of which the first belongs to a letter, is a level of the
    spine or another code, and keeps its letter.

    >>> " ".join(name_units("5 g per l of g".split()))
    '5 gram per liter of g'
    >>> " ".join(name_units("l 4 l 5 after 2 hrs".split()))
    'l 4 l 5 after 2 hour'
    """
    named: list[str] = []
    for place, word in enumerate(words):
        before = named[-1] if named else ""
        if word in COUNTED and (before == "per" or is_number(before)):
            named.append(
                word
                if word in SHORT and _is_code(named, words[place + 1 : place + 2])
                else COUNTED[word]
            )
        elif word == "second":
            named.append("2nd")
        else:
            named.append(word)
    return named


def _is_code(before: Sequence[str], after: Sequence[str]) -> bool:
    """Return whether a letter is a part of a code, as in L4-L5 or H1N1."""
    letter = before[-2] if len(before) > 1 else ""
    if before[-3:-2] in (["degree"], ["degrees"]):
        return False
    return len(letter) == 1 and letter.isalpha() and bool(after) and is_number(after[0])
