"""Pronunciations in IPA: one normal form, what an engine cannot pronounce, and espeak-ng's notation."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import pairwise
from unicodedata import category

from tasks.domain.words import too_long

LETTERS = ("Ll", "Lo", "Lt", "Lu")  # categories; marks of stress and length are modifiers
MARKS = frozenset("ˈˌː ")  # stress, length and the space between words: never unknown
SAME = str.maketrans(
    {"g": "ɡ", "r": "ɹ", "'": "ˈ", "’": "ˈ", ":": "ː", "ʧ": "tʃ", "ʤ": "dʒ"}
    | dict.fromkeys(".͜͡‿/[]")  # syllables, ties, brackets
)
CANNOT_PRONOUNCE = "IPA that an engine cannot pronounce"  # what such faults have in common
Inventories = Mapping[
    str, frozenset[str] | None
]  # symbols by engine; None: any, empty: it takes no IPA
COMBINING = "".join(map(chr, range(0x300, 0x370)))

# espeak-ng's mnemonics of en-us and what each sounds like; the first of two with one sound is
# written. 0 and A: sound alike there, and stay apart here by their length.
ESPEAK = {
    "p": "p", "b": "b", "t": "t", "d": "d", "k": "k", "g": "ɡ",
    "tS": "tʃ", "dZ": "dʒ", "f": "f", "v": "v", "T": "θ", "D": "ð", "s": "s", "z": "z",
    "S": "ʃ", "Z": "ʒ", "h": "h", "x": "x", "m": "m", "n": "n", "N": "ŋ",
    "l": "l", "r": "ɹ", "j": "j", "w": "w", "w#": "ʍ", "?": "ʔ", "t#": "ɾ",
    "m-": "m̩", "n-": "n̩", "N-": "ŋ̩", "l-": "l̩", "@L": "əl",
    "a": "æ", "E": "ɛ", "I": "ɪ", "0": "ɑ", "V": "ʌ", "U": "ʊ", "@": "ə", "3": "ɚ", "i": "i",
    "a#": "ɐ", "I#": "ᵻ", "O": "ɔ", "A:": "ɑː", "i:": "iː", "u:": "uː", "O:": "ɔː", "3:": "ɜː",
    "eI": "eɪ", "aI": "aɪ", "OI": "ɔɪ", "aU": "aʊ", "oU": "oʊ", "A~": "ɑ̃", "O~": "ɔ̃",
    "i@": "iə", "aI@": "aɪə", "aI3": "aɪɚ",
    "A@": "ɑːɹ", "O@": "ɔːɹ", "e@": "ɛɹ", "i@3": "ɪɹ", "U@": "ʊɹ", "aU@": "aʊɹ",
    "o@": "ɔːɹ", "O2": "ɔ", "02": "ʌ", "aa": "æ", "a2": "æ", "I2": "ɪ", "I2#": "ᵻ", "E#": "ɛ",
    "E2": "ɛ", "@2": "ə", "@5": "ʊ", "@-": "ə", "0#": "ɑ", "A#": "ɑ", "oU#": "oʊ", "IR": "əɹ",
    "VR": "ʌɹ", "t2": "t", "d#": "t", "z#": "s", "z/2": "s", "r-": "ɹ", "r/": "ɹ",
    "l/": "l", "L": "l",
}  # fmt: skip
STRESSES = {"'": "ˈ", ",": "ˌ"}
SPACES = {"||": " ", " ": " "}
NOTHING = dict.fromkeys(("|", ";", "%", "%%"), "")  # a separator, a link, unstressed
OTHER_SPELLINGS = {  # of dictionaries, and how the table above spells them
    "ɝː": "ɜː", "ɝ": "ɜː", "ɜ": "ɜː", "u": "uː", "o": "oʊ", "oː": "oʊ", "e": "eɪ", "eː": "eɪ",
    "ɒ": "ɑ", "əʊ": "oʊ", "ɨ": "ᵻ", "ɫ": "l", "əɫ": "əl", "ɑɹ": "ɑːɹ", "ɔɹ": "ɔːɹ",
}  # fmt: skip
READ_ONLY = frozenset({"IR", "VR", "aU@"})  # espeak speaks their parts as well
SYLLABIC = re.compile(r"[aeiouæɐɑɒɔəɚɛɜɝɨɪʊʌᵻ]|.̩")

_SOUNDS = {ipa: mnemonic for mnemonic, ipa in reversed(ESPEAK.items()) if mnemonic not in READ_ONLY}
_SOUNDS |= {other: _SOUNDS[ours] for other, ours in OTHER_SPELLINGS.items()}
_MNEMONICS = ESPEAK | STRESSES | SPACES | NOTHING
_STRESSES = {ipa: mark for mark, ipa in STRESSES.items()}
ESPEAK_SYMBOLS = frozenset(_SOUNDS)


def normal(ipa: str) -> str:
    """Write IPA the one way that is compared: no ties, dots or brackets; ɹ, ɡ, tʃ, dʒ, ː.

    >>> normal("/ˈd͡ʒɛn.tə/") == normal("ˈʤɛntə") == "ˈdʒɛntə"
    True
    """
    plain = unicodedata.normalize("NFD", ipa).translate(SAME)
    return " ".join(unicodedata.normalize("NFC", plain).split())


def ipa_fault(ipa: str) -> str:
    """Return the fault of a pronunciation, whoever gave it; empty where it has none.

    Each of its words has a vowel or a consonant: marks of stress and length alone are silence.

    >>> ipa_fault("ˈtɪməlɔl"), ipa_fault("ˈtɪm ˌː")
    ('', "expected a vowel or a consonant in each word; got 'ˈtɪm ˌː'")
    """
    if fault := too_long(ipa):
        return fault
    words = normal(ipa).split()
    if words and all(any(category(char) in LETTERS for char in word) for word in words):
        return ""
    return f"expected a vowel or a consonant in each word; got {ipa!r}"


def checked(ipa: str) -> str:
    """Return a pronunciation in the form that is compared; raise ValueError where it has no sound."""
    if fault := ipa_fault(ipa):
        raise ValueError(fault)
    return normal(ipa)


def unknown_symbols(ipa: str, inventory: Iterable[str] | None) -> tuple[str, ...]:
    """Return the symbols of a pronunciation that are not among an engine's, in order, each once.

    >>> unknown_symbols("ˈbaχ", {"b", "a"})
    ('χ',)
    """
    if inventory is None:
        return ()
    known = {normal(symbol) for symbol in inventory} | MARKS
    _, unknown = _symbols(normal(ipa), known)
    return tuple(dict.fromkeys(unknown))


def can_pronounce(ipa: str, inventory: Iterable[str] | None) -> bool:
    """Whether an engine with these symbols can pronounce an IPA; one without any takes none.

    >>> can_pronounce("ˈtɪm", None), can_pronounce("ˈ", None)
    (True, False)
    """
    return not ipa_fault(ipa) and not unknown_symbols(ipa, inventory)


def cannot_pronounce(ipa: str, engines: Inventories) -> list[str]:
    """Return, for each engine that takes IPA and lacks symbols of this one which they are.

    >>> cannot_pronounce("bax", {"a": frozenset("ba"), "b": frozenset("bax"), "c": frozenset(), "d": None})
    ['a cannot pronounce x']
    """
    return [
        f"{engine} cannot pronounce {' '.join(unknown)}"
        for engine, inventory in engines.items()
        if inventory != frozenset() and (unknown := unknown_symbols(ipa, inventory))
    ]


def refused_by_all(ipa: str, engines: Inventories) -> list[str]:
    """Return, for each engine, why it cannot pronounce an IPA, where none of those that take IPA can.

    >>> refused_by_all("x", {"a": frozenset("b"), "b": frozenset("x")})
    []
    """
    cannot = cannot_pronounce(ipa, engines)
    taking = sum(inventory != frozenset() for inventory in engines.values())
    return cannot if taking and len(cannot) == taking else []


def ipa_to_espeak(ipa: str) -> str:
    """Write a pronunciation in espeak-ng's mnemonics, stress before its vowel as espeak has it.

    Raises ValueError with the symbols that its American English lacks.

    >>> ipa_to_espeak("ˌdʒɛntəˈmaɪsɪn")
    "dZ,Ent@m'aIsIn"
    """
    found, unknown = _symbols(normal(ipa), ESPEAK_SYMBOLS | MARKS)
    if unknown:
        raise ValueError(f"espeak-ng cannot pronounce {' '.join(unknown)} of {ipa!r}")
    mnemonics: list[str] = []
    stress = ""
    for symbol in _split_before_vowels(found):
        if symbol in _STRESSES:
            stress = symbol
        elif symbol == " ":
            mnemonics.append("||")
        elif symbol != "ː":
            if stress and SYLLABIC.match(symbol):
                mnemonics.append(_STRESSES[stress])
                stress = ""
            mnemonics.append(_SOUNDS[symbol])
    return _joined(mnemonics)


def espeak_to_ipa(mnemonics: str) -> str:
    """Write espeak-ng's mnemonics as IPA; raise ValueError where one is not of its English.

    >>> espeak_to_ipa("0nd'ans@tr,0n")
    'ɑndˈænsətɹˌɑn'
    """
    found, unknown = _symbols(mnemonics, _MNEMONICS.keys())
    if unknown:
        raise ValueError(f"{mnemonics!r}: not espeak-ng's English: {' '.join(unknown)}")
    return "".join(_MNEMONICS[mnemonic] for mnemonic in found)


def _symbols(text: str, known: Set[str]) -> tuple[list[str], list[str]]:
    """Read from the left, the longest symbol first; return those that are known and those not."""
    longest = max(map(len, known), default=1)
    found, unknown = [], []
    while text:
        for length in range(min(longest, len(text)), 0, -1):
            if text[:length] in known:
                found.append(text[:length])
                break
        else:
            length = len(text) - len(text[1:].lstrip(COMBINING))
            unknown.append(text[:length])
        text = text[length:]
    return found, unknown


def _split_before_vowels(symbols: Sequence[str]) -> Iterator[str]:
    """Take ɹ off a vowel that a vowel follows, and l where a stressed one does: its onset."""
    for index, symbol in enumerate(symbols):
        after = symbols[index + 1 : index + 3]
        stressed = bool(after) and after[0] in _STRESSES
        vowel = bool(after[stressed:]) and SYLLABIC.match(after[stressed])
        if len(symbol) > 1 and vowel and (symbol[-1] == "ɹ" or (symbol[-1] == "l" and stressed)):
            yield from (symbol[:-1], symbol[-1])
        else:
            yield symbol


def _joined(mnemonics: Sequence[str]) -> str:
    """Join mnemonics so that espeak reads the same ones, a separator where two would be one."""
    text = ""
    for before, mnemonic in pairwise(["", *mnemonics]):
        parted = _symbols(before + mnemonic, _MNEMONICS.keys())[0] == [
            m for m in (before, mnemonic) if m
        ]
        text += mnemonic if parted else f"|{mnemonic}"
    return text
