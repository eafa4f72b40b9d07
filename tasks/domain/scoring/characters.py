"""The first steps of the canonical view: characters that are written in several ways."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from itertools import filterfalse

MARKS = "™®©℠"
APOSTROPHES = "‘’‛ʼʹ′´`＇"
DASHES = "‐‑‒–﹣－"  # a hyphen, wherever it is not a dash of a sentence
SENTENCE_DASHES = "—―⸺⸻"
MINUS = "\N{MINUS SIGN}"
DEGREES = "º˚"
FRACTION = "\N{FRACTION SLASH}"
SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
GREEK = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu",
    "ξ": "xi", "ο": "omicron", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "sigma", "τ": "tau",
    "υ": "upsilon", "φ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
}  # fmt: skip
SIGNS = {
    "&": " and ", "+": " plus ", "±": " plus or minus ", "×": " times ", "÷": " divided by ",
    "<": " less than ", ">": " greater than ", "≤": " at most ", "≥": " at least ", "=": " equals ",
    "≈": " about ", "~": " about ", "√": " root ", "µ": "μ", "‰": " permille ", "∞": " infinity ",
    "№": " number ", "↑": " increased ", "↓": " decreased ", "→": " to ", "≠": " is not ",
    "∅": " no ", "@": " at ",
}  # fmt: skip
ONE_WAY = str.maketrans(
    {
        **dict.fromkeys(MARKS),
        **dict.fromkeys(APOSTROPHES, "'"),
        **dict.fromkeys(DASHES, "-"),
        **dict.fromkeys(SENTENCE_DASHES, " "),
        **dict.fromkeys(DEGREES, "°"),
        **SIGNS,
    }
)
ASCII_SIGNS = "&+<>=`@~"
SEVERAL = {"+/-": "±", "+-": "±", "<=": "≤", ">=": "≥", "->": "→"}
POSITIVE = re.compile(r"(?<!\S)\+ve\b")
# Units whose capitals have a meaning, after a number; all other units are read in small letters.
CAPITALS = {
    "mM": "millimolar", "mU": "milliunit", "MU": "million unit", "mIU": "milli iu", "MIU": "million iu",
    "µU": "microunit", "μU": "microunit", "µIU": "micro iu", "μIU": "micro iu",
}  # fmt: skip
ENDS_IN_U = re.compile(r"U\b")  # quickly looked for
CAPITAL_UNIT = re.compile(rf"(?<=[0-9]) ?({'|'.join(CAPITALS)})\b")
VULGAR = re.compile("[¼-¾⅐-⅞↉]")
SUPERSCRIPT = re.compile(f"(?<=[^\\W_])[⁻⁺]?[{SUPERSCRIPTS}]+")
POINT = re.compile("(?<=[0-9])[·∙⋅](?=[0-9])")  # of British journals
THIN_SPACE = re.compile("(?<=[0-9])[\u2009\u202f](?=[0-9]{3}(?![0-9]))")
SPACED_THOUSANDS = re.compile(r"(?<![0-9.,])([1-9][0-9]{0,2})((?: 000)+)(?![0-9]|[.,][0-9])")
DIGIT_OF_ANOTHER_SCRIPT = re.compile(r"(?![0-9])\d")
COMBINING = re.compile("[\u0300-\u036f]")
NO_WORDS = re.compile(r"[^\w\s]{30,}")
A_MINUS = re.compile(rf"{MINUS}[^\S\n]*(?=\.?[0-9])")
LETTER = "".join(GREEK)
GREEK_LETTER = re.compile(
    rf"(?<![{LETTER}])(?!μ(?:g|l|m|s|v|mol|iu|u|mols|gs|ls)(?![^\W\d_]|'[^\W\d_]))([{LETTER}])(?![{LETTER}])-?"
)
SPACED_SLASH = re.compile(r"(?<=\S)[^\S\n]+/[^\S\n]+(?=\S)")


def remove_invisible(text: str) -> str:
    """Remove format characters (zero-width ones, soft hyphens, marks of direction) and stacked accents.

    Unicode sorts the accents of a letter, which takes the square of their number.
    """
    if text.isascii():
        return text
    text = NO_WORDS.sub(lambda found: "".join(filterfalse(unicodedata.combining, found[0])), text)
    return "".join(one for one in text if unicodedata.category(one) != "Cf")


def keep_meaning(text: str) -> str:
    """Write fractions and powers so that NFKC does not glue them to the digits before them.

    >>> keep_meaning("1½ of 10⁹")
    '1 1⁄2  of 10^⁹'
    """
    if text.isascii():
        return text
    text = THIN_SPACE.sub(",", POINT.sub(".", text))
    text = SUPERSCRIPT.sub(lambda found: f"^{found[0]}".replace("⁻", "-").replace("⁺", ""), text)
    return VULGAR.sub(lambda found: f" {unicodedata.normalize('NFKC', found[0])} ", text)


def one_sign_each(text: str) -> str:
    """Write apostrophes, dashes, degrees and signs of arithmetic in one way; trademarks vanish.

    >>> one_sign_each("Tylenol™ – β‐blocker, <5")
    'Tylenol - β-blocker,  less than 5'
    """
    if text.isascii() and not any(sign in text for sign in ASCII_SIGNS):
        return text
    for written, sign in SEVERAL.items() if "+" in text or ">" in text or "<=" in text else ():
        text = text.replace(written, sign)
    if "+ve" in text:
        text = POSITIVE.sub("positive", text)
    return text.translate(ONE_WAY)


def capitals(text: str) -> str:
    """Write by name the units whose capitals have a meaning, before capitals are gone.

    >>> capitals("5 mM, 2 MU"), capitals("5 mm, 4mU")
    ('5 millimolar, 2 million unit', '5 mm, 4 milliunit')
    """
    of_units = any(text[at.start() - 1] in "mMIµμ" for at in ENDS_IN_U.finditer(text))
    if not of_units and "mM" not in text:
        return text
    return CAPITAL_UNIT.sub(lambda found: f" {CAPITALS[found[1]]}", text)


def join_thousands(text: str) -> str:
    """Join groups of zeros with the digits before them.

    >>> join_thousands("10 000 units, 1 000 000")
    '10000 units, 1000000'
    """
    if " 000" not in text:
        return text
    return SPACED_THOUSANDS.sub(lambda found: found[0].replace(" ", ""), text)


def compose(text: str) -> str:
    """Apply NFKC."""
    return unicodedata.normalize("NFKC", text)


def lower_case(text: str) -> str:
    return text.lower()


def plain_letters(text: str) -> str:
    """Remove accents of Latin letters, and write digits of all scripts as 0 to 9.

    >>> plain_letters("ménière ٥")
    'meniere 5'
    """
    if text.isascii():
        return text
    text = DIGIT_OF_ANOTHER_SCRIPT.sub(lambda found: str(unicodedata.decimal(found[0])), text)
    apart = COMBINING.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", apart)


def name_greek_letters(text: str) -> str:
    """Write a single Greek letter by its name; μ of a unit is micro and keeps its letter.

    >>> name_greek_letters("β-blocker, 5 μg"), name_greek_letters("tnfα")
    (' beta blocker, 5 μg', 'tnf alpha ')
    """
    if text.isascii():
        return text
    return GREEK_LETTER.sub(lambda found: f" {GREEK[found[1]]} ", text)


def minus_signs(text: str) -> str:
    """Write U+2212 before a number as a minus of that number, elsewhere as a dash.

    >>> minus_signs("at −5"), minus_signs("5−3")
    ('at  -5', '5 -3')
    """
    if text.isascii():
        return text
    return A_MINUS.sub(" -", text).replace(MINUS, "-")


def close_slashes(text: str) -> str:
    """Remove the space around a slash.

    >>> close_slashes("120 / 80 mg / kg")
    '120/80 mg/kg'
    """
    return SPACED_SLASH.sub("/", text) if " /" in text else text


CHARACTER_STEPS: tuple[Callable[[str], str], ...] = (
    remove_invisible,
    keep_meaning,
    one_sign_each,
    capitals,
    compose,
    lower_case,
    plain_letters,
    one_sign_each,
    name_greek_letters,
    minus_signs,
    close_slashes,
    join_thousands,
)
