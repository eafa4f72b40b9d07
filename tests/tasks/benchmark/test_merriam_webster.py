"""Merriam-Webster's API, asked over real HTTP on a server of our own, and a cache of its answers."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from tasks.benchmark.merriam_webster import (
    REQUESTS_A_DAY,
    MerriamWebster,
    NotAnswered,
    look_up,
    open_dictionary,
)
from tasks.benchmark.pronunciation import Findings
from tasks.settings import Settings

KEY = "mw-secret"


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


def test_a_refused_key_is_no_answer_and_stands_in_no_message(
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
