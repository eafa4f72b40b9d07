"""Numbers and dates in words, in American English, and the words of units, symbols and abbreviations."""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal
from fractions import Fraction

SMALL = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
]  # fmt: skip
TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
GROUPS = ((1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred"))
ORDINALS = {
    "one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
    "nine": "ninth", "twelve": "twelfth",
}  # fmt: skip
ROMAN = {"I": 1, "V": 5, "X": 10}
PARTS = {"2": "half", "3": "third", "4": "quarter", "8": "eighth"}  # of a whole, as of a tablet
THOUSANDS = r"[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?"
NUMBER = rf"{THOUSANDS}|\d*\.\d+|\d+,\d+|\d+"
FRACTION = r"(?:\d{1,2}[ -])?(?:1/2|[12]/3|[13]/4|[1357]/8)(?!\d)"
AMOUNT = rf"{FRACTION}|{NUMBER}"
ABBREVIATIONS = {  # not spoken letter by letter, or not as they are written
    "HbA1c": "hemoglobin a one c", "HbA1C": "hemoglobin a one c", "Hb": "hemoglobin",
    "COVID-19": "covid nineteen", "COVID": "covid", "SARS-CoV-2": "sars co v two", "SARS": "sars",
    "AIDS": "aids", "MRSA": "mersa", "GERD": "gerd", "CABG": "cabbage",
    "NSAID": "en said", "NSAIDs": "en saids",  # codespell:ignore said
    "PEEP": "peep", "BiPAP": "by pap", "CPAP": "see pap", "PICC": "pick",
    "NICU": "nick you", "HELLP": "help", "TURP": "turp", "LASIK": "lay sick", "BRCA1": "bracka one",
    "BRCA2": "bracka two", "HER2": "her two", "LEEP": "leap", "PERRLA": "perla", "SOAP": "soap",
    "CA-125": "c a one twenty five", "CA 19-9": "c a nineteen nine", "DTaP": "d tap",
    "FiO2": "f i o two", "PaO2": "p a o two", "PaCO2": "p a c o two", "SpO2": "s p o two",
    "NaCl": "sodium chloride", "KCl": "potassium chloride", "Rh": "r h", "pH": "p h",
    "b.i.d.": "b i d", "t.i.d.": "t i d", "q.i.d.": "q i d", "p.r.n.": "p r n", "p.o.": "p o",
    "q.d.": "q d", "a.m.": "a m", "p.m.": "p m", "Dr.": "doctor", "Mr.": "mister", "Mrs.": "missus",
    "vs.": "versus", "vs": "versus", "s/p": "status post", "c/o": "complains of",
    "h/o": "history of", "w/o": "without", "w/": "with", "y/o": "year old", "r/o": "rule out",
    "and/or": "and or", "St.": "saint", "appt": "appointment",
    "qd": "q d", "qod": "q o d", "qhs": "q h s", "24/7": "twenty four seven",
    "pt": "patient", "hx": "history", "dx": "diagnosis", "tx": "treatment", "Rx": "prescription", "&": "and",
}  # fmt: skip
UNITS: dict[str, str | tuple[str, str]] = {  # one of them, or one and several
    "mg": "milligram", "mcg": "microgram", "µg": "microgram", "μg": "microgram", "g": "gram",
    "kg": "kilogram", "ng": "nanogram", "pg": "picogram", "mL": "milliliter", "ml": "milliliter",
    "L": "liter", "dL": "deciliter", "dl": "deciliter", "µL": "microliter", "μL": "microliter",
    "uL": "microliter", "mcL": "microliter", "fL": "femtoliter", "cc": ("c c", "c c"),
    "mEq": "milliequivalent", "mmol": "millimole", "µmol": "micromole", "μmol": "micromole",
    "umol": "micromole", "nmol": "nanomole", "pmol": "picomole", "mol": "mole",
    "mOsm": "milliosmole", "mmHg": ("millimeter of mercury", "millimeters of mercury"),
    "cmH2O": ("centimeter of water", "centimeters of water"), "km": "kilometer", "cm": "centimeter",
    "mm": "millimeter", "µm": "micrometer", "μm": "micrometer", "nm": "nanometer",
    "m2": "square meter", "cm2": "square centimeter", "mm2": "square millimeter",
    "m3": "cubic meter", "cm3": "cubic centimeter", "mm3": "cubic millimeter",
    "HPF": "high power field", "hpf": "high power field", "lb": "pound", "lbs": "pound",
    "oz": "ounce", "tsp": "teaspoon", "tbsp": "tablespoon", "gtt": "drop", "gtts": "drop",
    "tab": "tablet", "tabs": "tablet", "caps": "capsule", "Fr": ("french", "french"),
    "IU": "international unit", "mIU": "milli international unit", "mU": "milliunit",
    "µU": "microunit", "μU": "microunit", "U": "unit", "unit": "unit", "units": "unit",
    "ms": "millisecond", "msec": "millisecond", "s": "second", "sec": "second", "secs": "second",
    "min": "minute", "mins": "minute", "h": "hour", "hr": "hour", "hrs": "hour", "day": "day",
    "d": "day", "wk": "week", "wks": "week", "week": "week", "mo": "month", "mos": "month",
    "yr": "year", "yrs": "year", "dose": "dose", "kcal": "kilocalorie", "kJ": "kilojoule",
    "J": "joule", "Gy": ("gray", "gray"), "cGy": ("centigray", "centigray"),
    "mGy": ("milligray", "milligray"), "mSv": "millisievert", "MBq": "megabecquerel",
    "mCi": "millicurie", "bpm": ("beat per minute", "beats per minute"), "Hz": ("hertz", "hertz"),
    "kHz": ("kilohertz", "kilohertz"), "MHz": ("megahertz", "megahertz"), "dB": "decibel",
    "kPa": "kilopascal", "mV": "millivolt", "mA": "milliamp", "W": "watt",
    "°C": ("degree celsius", "degrees celsius"), "°F": ("degree fahrenheit", "degrees fahrenheit"),
    "°": "degree", "%": ("percent", "percent"),
}  # fmt: skip
SYMBOLS = {
    "<": "less than", ">": "greater than", "≤": "at most", "≥": "at least", "±": "plus or minus",
    "=": "equals", "+": "plus", "×": "times", "@": "at", "%": "percent", "~": "about", "≈": "about",
    "→": "to", "↑": "increased", "↓": "decreased", "≠": "is not",
}  # fmt: skip
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu",
    "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "υ": "upsilon",
    "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Α": "alpha", "Β": "beta", "Γ": "gamma",
    "Δ": "delta", "Θ": "theta", "Λ": "lambda", "Σ": "sigma", "Φ": "phi", "Ψ": "psi", "Ω": "omega",
}  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MOST_DIGITS = 15  # of a number that is spoken as one
LEAP_YEAR = 2024  # for a day without its year


def number_words(number: str) -> str:
    """Write out a number as words: thousands may have commas, decimals are spoken one by one.

    A comma is a decimal comma unless groups of three digits follow it. A number of more than
    MOST_DIGITS is spoken digit by digit.

    >>> number_words("1,250"), number_words("5,2")
    ('one thousand two hundred fifty', 'five point two')
    >>> number_words("3.05")
    'three point zero five'
    """
    whole, point, decimals = plain_number(number).partition(".")
    spoken = [_cardinal(int(whole or 0))] if len(whole) <= MOST_DIGITS else _digits(whole)
    if point:
        spoken += ["point", *_digits(decimals)]
    return " ".join(spoken)


def _digits(number: str) -> list[str]:
    return [SMALL[int(digit)] for digit in number]


def plain_number(number: str) -> str:
    """Write a number without its commas, and with a point for a decimal comma.

    "5,200" is a number of thousands and "5,2" a decimal one; "0,125" is decimal, as no number of
    thousands begins with a zero.

    >>> plain_number("5,200"), plain_number("5,2"), plain_number("0,125")
    ('5200', '5.2', '0.125')
    """
    of_thousands = re.fullmatch(THOUSANDS, number)
    return number.replace(",", "" if of_thousands else ".")


def amount_words(amount: str) -> str:
    """Write out a number or a fraction of a whole, alone or after a number.

    >>> amount_words("1/2"), amount_words("2 3/4"), amount_words("1-1/2"), amount_words("1.5")
    ('one half', 'two and three quarters', 'one and a half', 'one point five')
    """
    if "/" not in amount:
        return number_words(amount)
    *whole, fraction = re.split("[ -]", amount)
    count, _, of = fraction.partition("/")
    part = f"{SMALL[int(count)]} {PARTS[of]}{'' if count == '1' else 's'}"
    if not whole:
        return part
    return f"{number_words(whole[0])} and {'a half' if part == 'one half' else part}"


def amount_value(amount: str) -> Fraction:
    """Return the value of a number or a fraction as it is written.

    >>> amount_value("2 3/4"), amount_value("5,2")
    (Fraction(11, 4), Fraction(26, 5))
    """
    if "/" not in amount:
        return Fraction(Decimal(plain_number(amount)))  # of any number of digits, other than int's
    *whole, fraction = re.split("[ -]", amount)
    return sum(map(amount_value, whole), Fraction(fraction))


def ordinal_words(number: str) -> str:
    """Write out an ordinal number.

    >>> ordinal_words("21"), ordinal_words("30")
    ('twenty first', 'thirtieth')
    """
    *before, last = number_words(number).split()
    place = ORDINALS.get(last, f"{last.removesuffix('y')}ie" if last.endswith("y") else last)
    return " ".join([*before, place if last in ORDINALS else f"{place}th"])


def pair_words(number: str) -> str:
    """Write out a pressure or a marker: hundreds by themselves, then the rest.

    >>> pair_words("125"), pair_words("105"), pair_words("80"), pair_words("200")
    ('one twenty five', 'one oh five', 'eighty', 'two hundred')
    """
    hundreds, rest = divmod(int(number), 100)
    if not 0 < hundreds < 10 or rest == 0:
        return number_words(number)
    return f"{SMALL[hundreds]} {'oh ' if rest < 10 else ''}{_cardinal(rest)}"


def roman_value(numeral: str) -> int:
    """Return the value of a Roman numeral under forty.

    >>> [roman_value(one) for one in ("IV", "VIII", "XII")]
    [4, 8, 12]
    """
    values = [ROMAN[letter] for letter in numeral]
    later = [*values[1:], 0]
    return sum(-one if one < after else one for one, after in zip(values, later, strict=True))


def is_roman(numeral: str) -> bool:
    """Whether letters are a Roman numeral under forty, as it is written.

    >>> is_roman("IX"), is_roman("IIX"), is_roman("")
    (True, False, False)
    """
    return bool(numeral) and re.fullmatch("X{0,3}(IX|IV|V?I{0,3})", numeral) is not None


def _cardinal(number: int) -> str:
    """Write out a whole number."""
    for size, name in GROUPS:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{_cardinal(count)} {name}" + (f" {_cardinal(rest)}" if rest else "")
    if number < len(SMALL):
        return SMALL[number]
    tens, ones = divmod(number, 10)
    return TENS[tens] + (f" {SMALL[ones]}" if ones else "")


def unit_words(name: str, *, several: bool) -> str:
    """Return a unit as spoken, of one or of several.

    >>> unit_words("mg", several=True), unit_words("mmHg", several=False)
    ('milligrams', 'millimeter of mercury')
    """
    spoken = UNITS[name]
    one, more = (spoken, f"{spoken}s") if isinstance(spoken, str) else spoken
    return more if several else one


def date_words(first: str, second: str, year: str = "") -> str | None:
    """Write out a date that is written in numbers, the month first unless it can only be the day.

    None where it is no date. A year of two digits is one of this century.

    >>> date_words("06", "12", "2024"), date_words("25", "12", "24"), date_words("31", "31")
    ('June twelfth twenty twenty four', 'December twenty fifth twenty twenty four', None)
    """
    month, day = int(first), int(second)
    if month > len(MONTHS) >= day:
        month, day = day, month
    number = int(year) + (2000 if len(year) == 2 else 0) if year else LEAP_YEAR
    if not 1 <= month <= len(MONTHS) or not 1 <= day <= monthrange(number, month)[1]:
        return None
    spoken = f"{MONTHS[month - 1]} {ordinal_words(str(day))}"
    return f"{spoken} {year_words(number)}" if year else spoken


def year_words(year: int) -> str:
    """Write out a year in two halves, and one of the first years of a century whole.

    >>> year_words(2024), year_words(1905), year_words(2005), year_words(1900)
    ('twenty twenty four', 'nineteen oh five', 'two thousand five', 'nineteen hundred')
    """
    century, rest = divmod(year, 100)
    if rest == 0 and century % 10:
        return f"{number_words(str(century))} hundred"
    if century % 10 == 0 and rest < 10:
        return number_words(str(year))
    return f"{number_words(str(century))} {pair_words(f'1{rest:02}').removeprefix('one ')}"
