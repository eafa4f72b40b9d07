"""IPA: one normal form, an engine's inventory, and there and back with espeak-ng's own notation."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.benchmark.ipa import (
    ESPEAK,
    ESPEAK_SYMBOLS,
    espeak_to_ipa,
    ipa_to_espeak,
    normal,
    unknown_symbols,
)

REFERENCE = Path(__file__).parents[3] / "reference"
# In a process of its own, since espeak-ng holds one state: the lines of its input as mnemonics and
# as IPA. Phonemes between brackets are read once a synthesis has asked for them.
ASK_ESPEAK = """
import ctypes, json, sys
import espeakng_loader
library = ctypes.CDLL(espeakng_loader.get_library_path())
library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0)
library.espeak_SetVoiceByName(b"en-us")
ignore = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(lambda *_: 0)
library.espeak_SetSynthCallback(ignore)
library.espeak_Synth(b"a", 2, 0, 1, 0, 0x101, None, None)
library.espeak_TextToPhonemes.restype = ctypes.c_char_p
def phonemes(text, mode):
    left = ctypes.c_char_p(text.encode())
    return library.espeak_TextToPhonemes(ctypes.byref(left), 1, mode).decode()
print(json.dumps([[phonemes(text, 0), phonemes(text, 2)] for text in json.load(sys.stdin)]))
"""
AskEspeak = Callable[[list[str]], list[list[str]]]


@pytest.fixture(scope="module")
def ask_espeak() -> AskEspeak:
    """Have espeak-ng give the mnemonics and the IPA of each text."""

    def ask(texts: list[str]) -> list[list[str]]:
        command = [sys.executable, "-c", ASK_ESPEAK]
        done = subprocess.run(
            command, input=json.dumps(texts), capture_output=True, text=True, check=True
        )
        answers: list[list[str]] = json.loads(done.stdout)
        return answers

    return ask


def terms() -> list[dict[str, str]]:
    with (REFERENCE / "terms.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_loose(ipa: str) -> str:
    """Without what espeak chooses by context: a tapped t, and the vowel before ɹ."""
    plain = normal(ipa).replace("ɾ", "t")
    return plain.replace("ɐɹ", "əɹ").replace("ɚɹ", "əɹ")


def test_what_espeak_makes_of_500_words_sounds_the_same_there_and_back(
    ask_espeak: AskEspeak,
) -> None:
    lexicon = (REFERENCE / "lexicon.txt").read_text(encoding="utf-8").split()
    words = [*[row["term"] for row in terms()], *lexicon[7::22]]
    assert len(words) > 500
    given = ask_espeak(words)
    again = ask_espeak([f"[[{ipa_to_espeak(ipa)}]]" for _, ipa in given])
    through_mnemonics = [espeak_to_ipa(mnemonics) for mnemonics, _ in given]
    changed = [
        (word, ipa, spoken)
        for word, (_, ipa), (_, spoken) in zip(words, given, again, strict=True)
        if as_loose(ipa) != as_loose(spoken)
    ]
    assert changed == []
    spelled = [ipa_to_espeak(ipa) for ipa in through_mnemonics]
    same = sum(a == b for a, (b, _) in zip(spelled, given, strict=True))
    assert same > 0.75 * len(words), "most come back as the same mnemonics"


@pytest.mark.parametrize("ipa", [row["ipa"] for row in terms() if row["ipa"]])
def test_the_pronunciations_of_the_reference_terms_come_back_unchanged(ipa: str) -> None:
    assert espeak_to_ipa(ipa_to_espeak(ipa)) == ipa


@pytest.mark.parametrize("mnemonic", sorted(ESPEAK))
def test_every_english_mnemonic_is_spoken_in_ipa_that_espeak_can_say(mnemonic: str) -> None:
    ipa = espeak_to_ipa(mnemonic)
    assert espeak_to_ipa(ipa_to_espeak(ipa)) == ipa
    assert unknown_symbols(ipa, ESPEAK_SYMBOLS) == ()


@pytest.mark.parametrize(
    ("ipa", "mnemonics"),
    [
        ("/ˌdʒɛn.təˈmaɪ.sɪn/", "dZ,Ent@m'aIsIn"),
        ("ˌd͡ʒɛntəˈmaɪsɪn", "dZ,Ent@m'aIsIn"),
        ("ˌʤɛntəˈmaɪsɪn", "dZ,Ent@m'aIsIn"),
        ("ˈgræm", "gr'am"),
        ("ˈɡɹæm", "gr'am"),
        ("ˈnɝːs", "n'3:s"),
        ("ˈnɜːs", "n'3:s"),
        ("ˈhɑːɹt", "h'A@t"),
        ("ˈhɑrt", "h'A@t"),
        ("ˈstɑːɹi", "st'A:ri"),  # before a vowel the r is an onset
        ("pəˈlaɪt", "p@l'aIt"),  # and so is the l of a stressed syllable
        ("ˈmɛdəl", "m'Ed@L"),
        ("ˈbʌtn̩", "b'Vtn-"),
        ("ˈsɛl ˈkaʊnt", "s'El||k'aUnt"),
        ("kæɪt", "ka|It"),  # two vowels that would be read as one
        ("ɡoʊ", "goU"),
        ("ˈæː", "'a"),
    ],
)
def test_ipa_of_dictionaries_becomes_mnemonics(ipa: str, mnemonics: str) -> None:
    assert ipa_to_espeak(ipa) == mnemonics


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_composed_and_decomposed_ipa_are_the_same(form: str) -> None:
    written = unicodedata.normalize(form, "ɔ̃ õ ç n̩")
    assert normal(written) == normal("ɔ̃ õ ç n̩") == "ɔ̃ õ ç n̩"


def test_a_separator_and_a_link_have_no_sound() -> None:
    assert espeak_to_ipa("t,i:;'A@k%a|I") == "tˌiːˈɑːɹkæɪ"


def test_mnemonics_of_another_language_are_refused() -> None:
    with pytest.raises(ValueError, match="not espeak-ng's English: Y"):
        espeak_to_ipa("t'Y:p")


def test_ipa_that_espeak_cannot_say_is_refused_with_its_symbols() -> None:
    with pytest.raises(ValueError, match="espeak-ng cannot pronounce χ y of 'bæχy'"):
        ipa_to_espeak("bæχy")


def test_an_inventory_of_single_letters_holds_what_they_spell() -> None:
    letters = set("abdefhijklmnopɹstuvwzæðŋɑɔəɚɛɡɪʃʊʌʒθ")
    assert unknown_symbols("ˌd͡ʒɛntəˈmaɪsɪn", letters) == ()
    assert unknown_symbols("ˈnɑːʁ ʁõ", letters) == ("ʁ", "õ")
    assert unknown_symbols("ˈnɑːʁ", None) == (), "an engine that does not say what it knows"
