"""One sign for what is written in several ways: dashes, fractions, exponents, comparisons."""

from __future__ import annotations

import re

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


def plain_signs(text: str) -> str:
    """Write fractions with a slash, exponents after ^, and every minus sign as a hyphen.

    An exponent or an index of a letter is a plain digit; an index of a digit follows an underscore.

    >>> plain_signs("1½ tablets, 10⁹/L, 5 cm², Ca²⁺, −3, 7·5")
    '1 1/2 tablets, 10^9/L, 5 cm2, Ca2+, -3, 7.5'
    """
    for pattern, write in STEPS:
        text = pattern.sub(write, text)
    return text.translate(PLAIN)
