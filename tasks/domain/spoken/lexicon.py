"""What clinical writing abbreviates, and how it is said: abbreviations, units, signs, Greek letters."""

from __future__ import annotations

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


def unit_words(name: str, *, several: bool) -> str:
    """Return how a unit is said, of one or of several.

    >>> unit_words("mg", several=True), unit_words("mmHg", several=False)
    ('milligrams', 'millimeter of mercury')
    """
    said = UNITS[name]
    one, more = (said, f"{said}s") if isinstance(said, str) else said
    return more if several else one
