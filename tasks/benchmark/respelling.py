"""Merriam-Webster's respelling of pronunciations, read into IPA."""

from __future__ import annotations

import re
import unicodedata

# Every symbol of the dictionary's pronunciation key. What depends on stress stands in `_sound`.
SOUNDS = {
    "a": "æ", "ā": "eɪ", "ä": "ɑː", "ȧ": "a", "au̇": "aʊ", "b": "b", "ch": "tʃ", "d": "d", "e": "ɛ",
    "f": "f", "g": "ɡ", "h": "h", "i": "ɪ", "ī": "aɪ", "j": "dʒ", "k": "k", "ḵ": "x", "l": "l",
    "m": "m", "n": "n", "ŋ": "ŋ", "ō": "oʊ", "ȯ": "ɔː", "ȯi": "ɔɪ", "œ": "œ", "œ̄": "ø", "p": "p",
    "r": "ɹ", "s": "s", "sh": "ʃ", "t": "t", "th": "θ", "t͟h": "ð", "u̇": "ʊ", "ü": "uː",
    "ᵫ": "ʏ", "ᵫ̄": "yː", "v": "v", "w": "w", "y": "j", "yü": "juː", "yu̇": "jʊ", "z": "z",
    "zh": "ʒ", "ᵊ": "ə", "ʸ": "ʲ", "ⁿ": "\u0303",
}  # fmt: skip
BY_STRESS = {"ə": ("ʌ", "ə"), "ər": ("ɜː", "ɚ"), "ē": ("iː", "i")}  # stressed, unstressed
ONE_SPELLING = {"ūē": "ᵫ̄", "uē": "ᵫ̄", "ue": "ᵫ", "t̲h̲": "t͟h", "'": "ˈ"}  # after its accents
VARIANTS = re.compile(r"[,;]")
OPTIONAL_STRESS = re.compile(r"\([ˈˌ]\)")
SYMBOL = re.compile("|".join(sorted([*SOUNDS, *BY_STRESS], key=len, reverse=True)))
VOWEL = re.compile(r"[aeiouyæøœɑɔəɚɛɜɪʊʌʏ]")


def respelling_to_ipa(respelling: str) -> str:
    """Write the first variant of a respelling as IPA, with its optional sounds.

    A syllable goes to the next hyphen or accent, and is stressed if it begins with one. An accent
    in parentheses is a secondary one. Raises ValueError at what is not in the key, and where the
    first variant is not a whole word.

    >>> respelling_to_ipa("ˌjen-tə-ˈmī-sᵊn")
    'ˌdʒɛntəˈmaɪsən'
    >>> respelling_to_ipa("ˈfī(-ə)r, ˈfīr")
    'ˈfaɪɚ'
    """
    variant = VARIANTS.split(_one_spelling(respelling))[0].strip(" \\÷")
    if not variant or variant.startswith("-") or variant.endswith("-"):
        raise ValueError(f"expected a whole word in Merriam-Webster's key; got {respelling!r}")
    plain = re.sub(r"[()]", "", OPTIONAL_STRESS.sub("ˌ", variant))
    ipa = ""
    for part in re.split(r"([-ˈˌ\s])", plain):
        if part.isspace() or part in ("ˈ", "ˌ"):
            ipa += part
        elif part not in ("-", ""):
            stressed = ipa.endswith(("ˈ", "ˌ"))
            ipa = _with_r(ipa, _syllable(part, stressed, respelling))
    return unicodedata.normalize("NFC", ipa)


def _one_spelling(respelling: str) -> str:
    """Write each symbol as the table has it; the same one comes composed, combined and ligated."""
    text = unicodedata.normalize(
        "NFC", respelling.replace("\u0305", "\u0304")
    )  # a line for a macron
    for other, ours in ONE_SPELLING.items():
        text = text.replace(other, ours)
    return text


def _syllable(part: str, stressed: bool, respelling: str) -> str:
    """Read one syllable, the longest symbol first."""
    ipa = ""
    while part:
        symbol = SYMBOL.match(part)
        if symbol is None:
            raise ValueError(f"{part[0]!r} is not in Merriam-Webster's key; got {respelling!r}")
        found = symbol.group()
        ipa += BY_STRESS[found][not stressed] if found in BY_STRESS else SOUNDS[found]
        part = part[symbol.end() :]
    return ipa


def _with_r(before: str, syllable: str) -> str:
    """Join a syllable; a vowel after ɜː or ɚ brings its r."""
    bare = before.rstrip("ˈˌ")
    stress = before[len(bare) :]
    linked = bare.endswith(("ɜː", "ɚ")) and VOWEL.match(syllable)
    return f"{bare}{'ɹ' if linked else ''}{stress}{syllable}"
