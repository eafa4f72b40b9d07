"""A clinical sentence as it is spoken: abbreviations, numbers, doses and units as words.

What has no words stays as it is written, and `unsaid` names it: no clip is made of such a text.
"""

from __future__ import annotations

import re
from unicodedata import category, name

from tasks.domain.spoken.notation_rules import RULES
from tasks.domain.spoken.numerals import SYMBOLS

FRACTIONS = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
PLAIN = {
    **dict(zip(map(ord, RAISED), "0123456789", strict=True)),
    **dict(zip(map(ord, LOWERED), "0123456789", strict=True)),
    **{ord(sign): "+" for sign in "⁺₊"},
    **{ord(sign): "-" for sign in "⁻₋\N{MINUS SIGN}\N{HYPHEN}\N{NON-BREAKING HYPHEN}"},
    **{ord("\N{FIGURE DASH}"): "–", ord("\N{FRACTION SLASH}"): "/", ord("\N{DIVISION SLASH}"): "/"},
}
DIGRAPHS = {"+/-": "±", "+-": "±", "<=": "≤", ">=": "≥", "->": "→", "--": "—"}
STEPS = (
    (re.compile(rf"(?<=\d)\s?([{''.join(FRACTIONS)}])"), lambda at: f" {FRACTIONS[at[1]]}"),
    (re.compile(f"[{''.join(FRACTIONS)}]"), lambda at: FRACTIONS[at[0]]),
    (re.compile(rf"(?<=\d)([⁺⁻]?[{RAISED}]+)"), lambda at: f"^{at[1]}"),
    (re.compile(rf"(?<=\d)([{LOWERED}]+)"), lambda at: f"_{at[1]}"),
    (re.compile(r"(?<=\d)[·∙⋅](?=\d)"), lambda _: "."),  # the point of British journals
    (re.compile(r"(?<=\d)[\u2009\u202f](?=\d{3}\b)"), lambda _: ","),  # thin space of thousands
    (re.compile(r"\b10\*(?=-?\d)"), lambda _: "10^"),
    (re.compile("|".join(map(re.escape, DIGRAPHS))), lambda at: DIGRAPHS[at[0]]),
)
UNSAID = ("So", "Cc", "Cf", "Cn", "Co", "Cs")  # categories of characters
CARRIED = frozenset(" .,;:!?'\"()-–—…‘’“”")  # signs of a spoken text, which are pauses or nothing
SPACE_BEFORE = re.compile(r"(?<=\w) (?=[.,;:!?](?:\s|$))")


def plain_signs(text: str) -> str:
    """Write fractions with a slash, exponents after ^, and every minus sign as a hyphen.

    An exponent or an index of a letter is a plain digit; an index of a digit follows an underscore.

    >>> plain_signs("1½ tablets, 10⁹/L, 5 cm², Ca²⁺, −3, 7·5")
    '1 1/2 tablets, 10^9/L, 5 cm2, Ca2+, -3, 7.5'
    """
    for pattern, write in STEPS:
        text = pattern.sub(write, text)
    return text.translate(PLAIN)


def unpronounced(text: str) -> str:
    """Return the characters of a text that are neither words nor punctuation: pictures, marks, controls.

    >>> unpronounced("Tylenol® 5 °C, α-blocker ↑ 😀")
    '®😀'
    """
    return "".join(
        char for char in text if category(char) in UNSAID and char not in {"°", *SYMBOLS}
    )


def spoken_form(text: str) -> str:
    """Return a sentence as it is spoken; words that are spoken as written stay, punctuation too.

    >>> spoken_form("HbA1c was 7.5%, INR 2.3; give 3.5 mg of warfarin q12h.")
    'hemoglobin a one c was seven point five percent, i n r two point three; give three point five \
milligrams of warfarin every twelve hours.'
    """
    text = plain_signs(text)
    for pattern, as_words in RULES:
        text = pattern.sub(as_words, text)
    return SPACE_BEFORE.sub("", " ".join(text.split()))


def unsaid(text: str) -> str:
    """Name what of a text has no words: its parts that have a digit or a sign left when it is spoken.

    >>> unsaid("Give 5 mg on 31/31/2024, or 5^2."), unsaid("Give 5 mg.")
    ('31/31/2024, 5^2', '')
    """
    left = [word for word in spoken_form(text).split() if not _carried(word)]
    signs = {char for word in left for char in word if not _carried(char)}
    written = [
        word
        for word in text.split()
        if signs & set(plain_signs(word)) and not all(map(_carried, spoken_form(word).split()))
    ]
    return ", ".join(dict.fromkeys(word.strip(".,;:!?") or word for word in written or left))


def _carried(word: str) -> bool:
    """Whether a word has Latin letters, their marks and the signs of a spoken text alone."""
    return all(
        char in CARRIED
        or category(char)[0] == "M"
        or (char.isalpha() and name(char, "").startswith("LATIN"))
        for char in word
    )
