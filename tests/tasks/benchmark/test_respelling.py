"""Merriam-Webster's key, on words of it: tests/data/respelling.csv has more than 200."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import pytest

from tasks.benchmark.respelling import BY_STRESS, SOUNDS, respelling_to_ipa

TABLE = Path(__file__).parents[2] / "data" / "respelling.csv"
WORDS = list(csv.DictReader(TABLE.open(encoding="utf-8", newline="")))


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row["word"])
def test_the_dictionarys_words_are_read_into_ipa(row: dict[str, str]) -> None:
    assert respelling_to_ipa(row["respelling"]) == unicodedata.normalize("NFC", row["ipa"])


def test_every_symbol_of_the_key_stands_in_one_of_200_words() -> None:
    assert len({row["word"] for row in WORDS}) >= 200
    written = " ".join(row["respelling"] for row in WORDS).replace("\u0305", "\u0304")
    written = unicodedata.normalize("NFC", written).replace("uē", "ᵫ̄").replace("ue", "ᵫ")
    symbols = {*SOUNDS, *BY_STRESS, "ˈ", "ˌ", "-", "(", ")"}
    assert {symbol for symbol in symbols if symbol not in written} == set()


def test_gentamicin_begins_with_j_as_in_judge() -> None:
    ipa = respelling_to_ipa("jen-tə-ˌmī-sən")
    assert ipa == "dʒɛntəˌmaɪsən"
    assert not re.match("j|y", ipa)


@pytest.mark.parametrize(
    ("respelling", "ipa"),
    [
        ("ˌdī-ə-ˈbē-tēz, -ˈbē-təs", "ˌdaɪəˈbiːtiz"),
        ("ˈfī(-ə)r; ˈfīr", "ˈfaɪɚ"),
        ("\\ˈnərs\\", "ˈnɜːs"),
        ("÷ˈnü-kyə-lər", "ˈnuːkjəlɚ"),
        ("(ˈ)ən-ˈdü", "ˌʌnˈduː"),
        ("at-ˈhōm", "ætˈhoʊm"),  # no θ across a hyphen
    ],
)
def test_the_first_variant_counts_with_its_optional_sounds(respelling: str, ipa: str) -> None:
    assert respelling_to_ipa(respelling) == ipa


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ˈrue̅", "ˈrᵫ̄"),
        ("ˈru̅e̅", "ˈrᵫ̄"),
        ("ˈfœ̅", "ˈfœ̄"),
        (unicodedata.normalize("NFD", "ˈlȯiḵ"), "ˈlȯiḵ"),
        ("'nərs", "ˈnərs"),
        ("ˈt̲h̲at", "ˈt͟hat"),
    ],
)
def test_a_symbol_is_the_same_however_its_accents_are_encoded(one: str, other: str) -> None:
    assert respelling_to_ipa(one) == respelling_to_ipa(other)


@pytest.mark.parametrize("respelling", ["ˈc", "ˈdɑg", "ˈbo", "ˈdu", "ˈq", "ˈjen=tə", "ˈA"])
def test_what_is_not_in_the_key_is_an_error(respelling: str) -> None:
    with pytest.raises(ValueError, match="is not in Merriam-Webster's key"):
        respelling_to_ipa(respelling)


@pytest.mark.parametrize("respelling", ["", "-ˈbē-təs", "ˌdī-ə-", ", ˈnərs"])
def test_a_part_of_a_word_is_an_error(respelling: str) -> None:
    with pytest.raises(ValueError, match="expected a whole word"):
        respelling_to_ipa(respelling)
