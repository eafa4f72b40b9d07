"""How a clinical sentence is said: abbreviations, numbers, doses and units as words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from unicodedata import category

from tasks.domain.benchmark.numerals import number_words, ordinal_words, pair_words, roman_value

ABBREVIATIONS = {  # not said letter by letter, or not as they are written
    "HbA1c": "hemoglobin a one c", "HbA1C": "hemoglobin a one c", "Hb": "hemoglobin",
    "COVID-19": "covid nineteen", "COVID": "covid", "SARS-CoV-2": "sars co v two", "SARS": "sars",
    "AIDS": "aids", "MRSA": "mersa", "GERD": "gerd", "CABG": "cabbage", "NSAID": "en said",
    "NSAIDs": "en saids", "PEEP": "peep", "BiPAP": "by pap", "CPAP": "see pap", "PICC": "pick",
    "NICU": "nick you", "HELLP": "help", "TURP": "turp", "LASIK": "lay sick", "BRCA1": "bracka one",
    "BRCA2": "bracka two", "HER2": "her two", "LEEP": "leap", "PERRLA": "perla", "SOAP": "soap",
    "CA-125": "c a one twenty five", "CA 19-9": "c a nineteen nine", "DTaP": "d tap",
    "FiO2": "f i o two", "PaO2": "p a o two", "PaCO2": "p a c o two", "SpO2": "s p o two",
    "NaCl": "sodium chloride", "KCl": "potassium chloride", "Rh": "r h", "pH": "p h",
    "b.i.d.": "b i d", "t.i.d.": "t i d", "q.i.d.": "q i d", "p.r.n.": "p r n", "p.o.": "p o",
    "q.d.": "q d", "a.m.": "a m", "p.m.": "p m", "Dr.": "doctor", "Mr.": "mister", "Mrs.": "missus",
    "vs.": "versus", "vs": "versus", "s/p": "status post", "c/o": "complains of",
    "h/o": "history of", "w/o": "without", "w/": "with", "y/o": "year old", "r/o": "rule out",
    "and/or": "and or", "St.": "saint", "appt": "appointment", "pt": "patient", "hx": "history",
    "dx": "diagnosis", "tx": "treatment", "Rx": "prescription", "&": "and",
}  # fmt: skip
UNITS: dict[str, str | tuple[str, str]] = {  # one of them, or one and several
    "mg": "milligram", "mcg": "microgram", "µg": "microgram", "μg": "microgram", "g": "gram",
    "kg": "kilogram", "ng": "nanogram", "pg": "picogram", "mL": "milliliter", "ml": "milliliter",
    "L": "liter", "dL": "deciliter", "dl": "deciliter", "cc": ("c c", "c c"),
    "mEq": "milliequivalent", "mmol": "millimole", "mol": "mole", "mOsm": "milliosmole",
    "mmHg": ("millimeter of mercury", "millimeters of mercury"), "cm": "centimeter",
    "mm": "millimeter", "m2": "square meter", "m²": "square meter", "lb": "pound", "lbs": "pound",
    "oz": "ounce", "IU": "international unit", "U": "unit", "unit": "unit", "units": "unit",
    "h": "hour", "hr": "hour", "hrs": "hour", "min": "minute", "sec": "second", "day": "day",
    "wk": "week", "week": "week", "dose": "dose", "kcal": "kilocalorie", "Gy": ("gray", "gray"),
    "bpm": ("beat per minute", "beats per minute"), "Hz": ("hertz", "hertz"), "kPa": "kilopascal",
    "°C": ("degree celsius", "degrees celsius"), "°F": ("degree fahrenheit", "degrees fahrenheit"),
    "°": "degree", "%": ("percent", "percent"),
}  # fmt: skip
SYMBOLS = {"<": "less than", ">": "greater than", "≤": "at most", "≥": "at least", "±": "plus or minus",
           "=": "equals", "+": "plus", "×": "times", "@": "at", "%": "percent"}  # fmt: skip
NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.\d+|\d+"
NUMBERED = "type|stage|grade|class|factor|phase|nerve|bipolar|mobitz"
UNSAID = ("So", "Cc", "Cf", "Cn", "Co", "Cs")  # categories of characters
Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


def not_said(text: str) -> str:
    """Give the characters of a text that are neither words nor punctuation: pictures, marks, controls.

    >>> not_said("Tylenol® 5 °C, α-blocker 😀")
    '®😀'
    """
    return "".join(char for char in text if category(char) in UNSAID and char != "°")


def spoken_form(text: str) -> str:
    """Write a sentence as it is said; words that are said as written stay, punctuation too.

    >>> spoken_form("HbA1c was 7.5%, INR 2.3; give 3.5 mg of warfarin q12h.")
    'hemoglobin a one c was seven point five percent, i n r two point three; give three point five \
milligrams of warfarin every twelve hours.'
    """
    for pattern, say in RULES:
        text = pattern.sub(say, text)
    return " ".join(text.split())


def _unit(name: str, several: bool) -> str:
    """Say a unit, of one or of several."""
    said = UNITS[name]
    one, more = (said, f"{said}s") if isinstance(said, str) else said
    return more if several else one


def _dose(match: re.Match[str]) -> str:
    """Say a number, or a range of two, and what it counts."""
    low, high, units = match["low"], match["high"], match["units"].split("/")
    amount = number_words(low) + (f" to {number_words(high)}" if high else "")
    several = not (low == "1" and not high) and match["hyphen"] is None
    said = [_unit(units[0], several), *(f"per {_unit(unit, False)}" for unit in units[1:])]
    return f"{amount} {' '.join(said)}"


def _letters(match: re.Match[str]) -> str:
    """Say letters one by one and numbers whole, as in B12 and H1N1; a plural s stays apart."""
    parts = re.findall(r"\d+|[^\W\d_]", match.group())
    return " ".join(number_words(part) if part.isdigit() else part.lower() for part in parts)


def _pressure(match: re.Match[str]) -> str:
    """Say a blood pressure."""
    unit = f" {_unit('mmHg', True)}" if match[3] else ""
    return f"{pair_words(match[1])} over {pair_words(match[2])}{unit}"


def _numbered(match: re.Match[str]) -> str:
    """Say a stage or type that has a Roman numeral."""
    letter = f" {match[3].lower()}" if match[3] else ""
    return f"{match[1]} {number_words(str(roman_value(match[2])))}{letter}"


def _clock(match: re.Match[str]) -> str:
    """Say a time of day."""
    hours, minutes = match[1], match[2]
    if minutes == "00":
        return f"{number_words(hours)} o'clock"
    return f"{number_words(hours)} {'oh ' if minutes < '10' else ''}{number_words(minutes)}"


def _range(match: re.Match[str]) -> str:
    """Say two numbers and what lies between."""
    return f"{number_words(match[1])} to {number_words(match[2])}"


def _rule(pattern: str, say: Callable[[re.Match[str]], str]) -> Rule:
    """Write down what is looked for, and how it is said."""
    return re.compile(pattern), say


def _listed(table: Iterable[str]) -> str:
    """Match any of these, the longest first."""
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True))


CODE = r"[A-Za-z]{0,5}(?:-?\d+[A-Za-z]{0,4})+"  # letters and digits, as B12, IL-6 and CYP3A4
RULES: tuple[Rule, ...] = (  # in this order: what holds several signs comes before its parts
    _rule(
        rf"(?<!\w)(?:{_listed(ABBREVIATIONS)})(?!\w|-\d)",
        lambda found: ABBREVIATIONS[found.group()],
    ),
    _rule(r"\b[qQ](\d+)h\b", lambda found: f"every {number_words(found[1])} hours"),
    _rule(r"\b(\d{2,3})/(\d{2,3})\b(\s?mmHg\b)?", _pressure),
    _rule(
        rf"(?<![\w.])(?P<low>{NUMBER})(?:\s?[-–]\s?(?P<high>{NUMBER}))?(?:\s?|(?P<hyphen>-))"
        rf"(?P<units>(?:{_listed(UNITS)})(?:/(?:{_listed(UNITS)}))*)(?![\w/])",
        _dose,
    ),
    _rule(rf"\b((?i:{NUMBERED})) ([IVX]+)([ABC])?\b", _numbered),
    _rule(r"\b(\d{1,2}):(\d\d)\b", _clock),
    _rule(r"\b(\d+)(?:st|[nr]d|th)\b", lambda found: ordinal_words(found[1])),
    _rule(r"\b(\d+)x\b", lambda found: f"{number_words(found[1])} times"),
    _rule(r"\bx\s?(\d+)\b", lambda found: f"times {number_words(found[1])}"),
    _rule(rf"(?<![\w.])({NUMBER})\s?[-–]\s?({NUMBER})(?![\w.]\w)", _range),
    _rule(rf"\b(?=\w*[A-Z])(?=[\w-]*\d){CODE}(?:-{CODE})?\b|\b\d+-[A-Z]+\d*\b", _letters),
    _rule(r"\b[a-z]?[A-Z]{2,5}s?\b|\b[a-z][A-Z]\b", _letters),
    _rule(rf"(?<![\w.])(?:{NUMBER})(?!\w)", lambda found: number_words(found.group())),
    _rule(r"(?<=\w)/(?=\w)", lambda _: " "),
    _rule(f"[{''.join(SYMBOLS)}]", lambda found: f" {SYMBOLS[found.group()]} "),
)
