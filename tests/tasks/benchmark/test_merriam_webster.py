"""Merriam-Webster's API, asked over real HTTP on a server of our own, and a cache of its answers."""

from __future__ import annotations

import csv
import json
import logging
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tasks.benchmark.merriam_webster import (
    BY_STRESS,
    REQUESTS_A_DAY,
    SOUNDS,
    MerriamWebster,
    NotAnswered,
    look_up,
    open_dictionary,
    respelling_to_ipa,
)
from tasks.benchmark.pronunciation import Findings
from tasks.settings import Settings

KEY = "mw-secret"
TABLE = Path(__file__).parents[2] / "data" / "respelling.csv"
WORDS = list(csv.DictReader(TABLE.open(encoding="utf-8", newline="")))


class Printed:
    """A dictionary in this process."""

    def __init__(self, **listed: list[str]) -> None:
        self.listed, self.asked, self.down = listed, list[str](), False

    def respellings(self, word: str) -> Sequence[str]:
        if self.down:
            raise NotAnswered("no network")
        self.asked.append(word)
        return self.listed.get(word, [])


def entry(headword: str, *respellings: str) -> dict[str, Any]:
    return {"hwi": {"hw": headword, "prs": [{"mw": one} for one in respellings]}}


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "merriam-webster.jsonl"


def test_the_entry_of_the_word_itself_is_read(dictionary: Any) -> None:
    dictionary.entries["gentamicin"] = [
        entry("gentamicin sulfate", "ˈwrong"),
        entry("gen*ta*mi*cin", "ˌjen-tə-ˈmī-sᵊn", "ˈother"),
    ]
    found = MerriamWebster(KEY, dictionary.url).respellings("gentamicin")
    assert found == ["ˌjen-tə-ˈmī-sᵊn", "ˈother"]


@pytest.mark.parametrize(
    "answer",
    [
        ["suggestion"],
        [],
        [{"hwi": {"hw": "x*yl"}}],
        [{"hwi": {"hw": "xyl", "prs": [{"ipa": "a"}]}}],
        [{}],
        [{"hwi": ["xyl"]}],
        [{"hwi": {"hw": "xyl", "prs": None}}],
        [{"hwi": {"hw": "xyl", "prs": ["a"]}}],
        {"hwi": {"hw": "xyl"}},
    ],
)
def test_a_word_that_is_not_listed_or_has_no_respelling_has_none(
    dictionary: Any, answer: list[Any]
) -> None:
    dictionary.entries["xyl"] = answer
    assert MerriamWebster(KEY, dictionary.url).respellings("xyl") == []


def test_a_word_with_a_slash_or_a_space_is_one_word(dictionary: Any) -> None:
    dictionary.entries["sickle cell/x"] = [entry("sickle cell/x", "ˈsi-kəl")]
    assert MerriamWebster(KEY, dictionary.url).respellings("sickle cell/x") == ["ˈsi-kəl"]


def test_a_refused_key_is_no_answer_and_is_in_no_message(
    dictionary: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(NotAnswered, match="Invalid API key") as raised:
        MerriamWebster("other-secret", dictionary.url).respellings("timolol")
    MerriamWebster(KEY, dictionary.url).respellings("timolol")
    assert "secret" not in str(raised.value) + caplog.text
    assert f"words to look up leave this machine for {dictionary.url}" in caplog.text


def test_a_server_that_fails_or_is_away_is_no_answer(dictionary: Any) -> None:
    dictionary.status = 503
    with pytest.raises(NotAnswered, match="503"):
        MerriamWebster(KEY, dictionary.url).respellings("timolol")
    with pytest.raises(NotAnswered, match="ConnectError"):
        MerriamWebster(KEY, "http://127.0.0.1:1").respellings("timolol")


def test_a_word_is_asked_for_once_whether_it_is_listed_or_not(cache: Path) -> None:
    printed = Printed(timolol=["ˈti-mə-ˌlȯl"])
    first = look_up(["Timolol", "timolol", "xyl"], printed, cache)
    assert first == Findings(ipa={"timolol": "ˈtɪməˌlɔːl"})
    assert look_up(["timolol", "xyl"], printed, cache) == first
    assert printed.asked == ["timolol", "xyl"]


def test_a_dictionary_that_is_away_rejects_nothing_and_is_asked_again_later(cache: Path) -> None:
    printed = Printed(timolol=["ˈti-mə-ˌlȯl"], nadolol=["ˈnā-də-ˌlȯl"])
    look_up(["timolol"], printed, cache)
    printed.down = True
    away = look_up(["timolol", "nadolol", "xyl"], printed, cache)
    assert away.ipa == {"timolol": "ˈtɪməˌlɔːl"}, "what is known stays known"
    assert away.not_answered == {"nadolol": "no network", "xyl": "no network"}
    printed.down = False
    assert set(look_up(["timolol", "nadolol"], printed, cache).ipa) == {"timolol", "nadolol"}


def test_the_first_respelling_that_can_be_read_counts_and_one_that_cannot_is_named(
    cache: Path,
) -> None:
    printed = Printed(a=["-ˈbē-təs", "ˈbē-təs"], b=["ˈqa", "-ə"])
    found = look_up(["a", "b"], printed, cache)
    assert found.ipa == {"a": "ˈbiːtəs"}
    assert found.unreadable == {
        "b": "'q' is not in Merriam-Webster's key; got 'ˈqa'",
    }


def test_a_day_has_a_thousand_requests_and_the_next_day_as_many(cache: Path) -> None:
    cache.parent.mkdir()
    line = {"respellings": [], "day": "2026-01-01"}
    lines = [json.dumps(line | {"word": f"w{n}"}) for n in range(REQUESTS_A_DAY - 1)]
    cache.write_text("".join(f"{text}\n" for text in lines))
    printed = Printed()
    found = look_up(["one", "two", "w1"], printed, cache, lambda: "2026-01-01")
    assert printed.asked == ["one"]
    assert "1000 words were asked for today" in found.not_answered["two"]
    look_up(["two"], printed, cache, lambda: "2026-01-02")
    assert printed.asked == ["one", "two"]


def test_an_answer_that_a_kill_cut_short_is_asked_for_again(cache: Path) -> None:
    printed = Printed(timolol=["ˈti-mə-ˌlȯl"])
    look_up(["xyl", "timolol"], printed, cache)
    cache.write_bytes(cache.read_bytes()[:-4])
    assert look_up(["xyl", "timolol"], printed, cache).ipa == {"timolol": "ˈtɪməˌlɔːl"}
    assert printed.asked == ["xyl", "timolol", "timolol"]
    assert len(cache.read_text().splitlines()) == 2


def test_without_a_key_what_was_answered_before_is_all_there_is(cache: Path) -> None:
    look_up(["timolol"], Printed(timolol=["ˈti-mə-ˌlȯl"]), cache)
    found = look_up(["timolol", "nadolol"], open_dictionary(Settings()), cache)
    assert found.ipa == {"timolol": "ˈtɪməˌlɔːl"}
    assert "FLYWHEEL_MERRIAM_WEBSTER_KEY is not set" in found.not_answered["nadolol"]


def test_with_a_key_it_is_merriam_webster() -> None:
    settings = Settings(merriam_webster_key=SecretStr(KEY))
    assert isinstance(open_dictionary(settings), MerriamWebster)


@pytest.mark.parametrize("row", WORDS, ids=lambda row: row["word"])
def test_the_words_of_the_dictionary_are_read_into_ipa(row: dict[str, str]) -> None:
    assert respelling_to_ipa(row["respelling"]) == unicodedata.normalize("NFC", row["ipa"])


def test_every_symbol_of_the_key_is_in_one_of_200_words() -> None:
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
