"""Riva's synthesis, over real gRPC on a server of our own that speaks its protocol."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from tasks.benchmark.clip import ClipOrder
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.configured import open_engine
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.engines.riva_tts import MAGPIE_SYMBOLS, RivaTts, ssml
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy import EngineConfig

Server = tuple[Any, str]


def config(server: Server, **changes: Any) -> EngineConfig:
    fields = {"url": server[1], "name": "magpie", "backoff_seconds": 0.001, "timeout_seconds": 5.0}
    return EngineConfig(engine="riva", **(fields | changes))


def request(text: str = "give timolol now", **changes: Any) -> SpeechRequest:
    fields = {"pronunciations": (), "voice": "Magpie.EN-US.Aria"} | changes
    return SpeechRequest(text, text, **fields)


def read(markup: str) -> list[tuple[str, str]]:
    """The phoneme elements of a markup: words and IPA."""
    root = ElementTree.fromstring(markup)
    assert {child.tag for child in root} <= {"phoneme"}, "no other element, and none inside one"
    assert all(child.attrib["alphabet"] == "ipa" and len(child) == 0 for child in root)
    return [(child.text or "", child.attrib["ph"]) for child in root]


def test_a_sentence_is_spoken_at_our_rate(riva_speech: Server) -> None:
    speech = RivaTts(config(riva_speech)).speak(request())
    assert (speech.dtype, speech.shape) == (np.float32, (RATE_HZ // 2,))
    (asked,) = riva_speech[0].asked
    assert (asked.sample_rate_hz, asked.language_code) == (RATE_HZ, "en-US")
    assert (asked.voice_name, asked.text) == (
        "Magpie.EN-US.Aria",
        "<speak>give timolol now</speak>",
    )


def test_a_server_with_a_rate_of_its_own_is_resampled(riva_speech: Server) -> None:
    riva_speech[0].rate = 44_100
    speech = RivaTts(config(riva_speech)).speak(request())
    assert abs(speech.size - RATE_HZ // 2) <= 1


def test_one_in_ten_requests_that_meets_a_busy_server_is_spoken_all_the_same(
    riva_speech: Server,
) -> None:
    riva_speech[0].script = lambda number: "busy" if number % 10 == 3 else None
    engine = RivaTts(config(riva_speech))
    clips = [engine.speak(request(f"sentence {number}")) for number in range(100)]
    assert all(clip.size for clip in clips)
    assert len(riva_speech[0].asked) == 111
    assert {len({asked.text for asked in riva_speech[0].asked})} == {100}


@pytest.mark.parametrize("fate", ["late", "empty", "silent"])
def test_an_answer_too_late_or_without_sound_is_asked_for_again(
    riva_speech: Server, fate: str
) -> None:
    riva_speech[0].script = lambda number: fate if number < 3 else None
    engine = RivaTts(config(riva_speech, timeout_seconds=2, version="1"))
    assert engine.speak(request()).size
    assert len(riva_speech[0].asked) == 3


@pytest.mark.parametrize(
    ("fate", "reason", "asked", "again"),
    [
        ("busy", "RESOURCE_EXHAUSTED: too many requests; asked 3 times", 3, True),
        ("late", "DEADLINE_EXCEEDED: .*; asked 3 times", 3, True),
        ("empty", "the server sent no audio; asked 3 times", 3, True),
        ("forbidden", "UNAUTHENTICATED: the key has expired$", 1, True),
        ("refused", "INVALID_ARGUMENT: no such voice$", 1, False),
    ],
)
def test_what_cannot_be_spoken_names_the_reason(
    riva_speech: Server, fate: str, reason: str, asked: int, again: bool
) -> None:
    riva_speech[0].script = lambda _: fate
    patience = 1 if fate == "late" else 300
    engine = RivaTts(config(riva_speech, retries=2, timeout_seconds=patience, version="1"))
    with pytest.raises(NotSpoken, match=reason) as raised:
        engine.speak(request())
    assert raised.value.retry == again
    assert len(riva_speech[0].asked) == asked


def test_markup_that_the_server_finds_invalid_is_a_refusal(riva_speech: Server) -> None:
    class Careless(RivaTts):
        def _call(self, method: Any, request: Any) -> Any:
            request.text = request.text.replace("</speak>", "")
            return super()._call(method, request)

    with pytest.raises(NotSpoken, match="INVALID_ARGUMENT: invalid SSML"):
        Careless(config(riva_speech, version="1")).speak(request())


@pytest.mark.parametrize("text", ["a < b & c > d", "<speak>x</speak>", 'timolol\'s "dose" ]]>'])
def test_text_is_escaped_and_comes_out_as_it_went_in(riva_speech: Server, text: str) -> None:
    RivaTts(config(riva_speech)).speak(request(text))
    markup = riva_speech[0].asked[0].text
    assert "".join(ElementTree.fromstring(markup).itertext()) == text


def test_each_pronounced_part_has_one_phoneme_element_and_none_has_another_inside() -> None:
    asked = request(
        "Timolol maleate, timolol and male",
        pronunciations=(("timolol", "ˈtɪm"), ("timolol maleate", "ˈmæl"), ("male", "ˈmeɪl")),
    )
    assert read(ssml(asked, MAGPIE_SYMBOLS)) == [
        ("Timolol maleate", "ˈmæl"),
        ("timolol", "ˈtɪm"),
        ("male", "ˈmeɪl"),
    ]


@pytest.mark.parametrize(
    ("inventory", "ipa"), [(MAGPIE_SYMBOLS, "ˈdʒɑɹ"), (frozenset({"ɑː", "dʒ", "ɹ"}), "ˈdʒɑːɹ")]
)
def test_length_is_left_out_for_an_engine_that_has_none(
    inventory: frozenset[str], ipa: str
) -> None:
    ((_, sent),) = read(ssml(request("jar", pronunciations=(("jar", "ˈd͡ʒɑːr"),)), inventory))
    assert sent == ipa


def test_what_xml_does_not_have_is_refused_before_it_is_sent(riva_speech: Server) -> None:
    with pytest.raises(NotSpoken, match="printable"):
        RivaTts(config(riva_speech)).speak(request("give\x07 timolol"))
    assert riva_speech[0].asked == []


def test_its_voices_are_those_of_its_language_or_of_the_policy(riva_speech: Server) -> None:
    assert RivaTts(config(riva_speech)).voices() == ["Magpie.EN-US.Aria", "Magpie.EN-US.Sofia"]
    assert RivaTts(config(riva_speech, language="fr-FR")).voices() == ["Magpie.FR-FR"]
    assert RivaTts(config(riva_speech, voices=("one",))).voices() == ("one",)
    with pytest.raises(NotSpoken, match="has no voice of de-DE"):
        RivaTts(config(riva_speech, language="de-DE")).voices()


def test_it_names_itself_by_the_policy_and_its_version_by_the_server(riva_speech: Server) -> None:
    engine = RivaTts(config(riva_speech))
    assert (engine.name, engine.version, engine.leaves_machine) == (
        "magpie",
        "magpie-1 en-US",
        False,
    )
    assert RivaTts(config(riva_speech, version="7")).version == "7 en-US"


def test_a_clip_in_another_language_is_another_clip(riva_speech: Server) -> None:
    """A server may have one voice for several."""
    versions = {
        RivaTts(config(riva_speech, language=language)).version for language in ("en-US", "en-GB")
    }
    order = ClipOrder("magpie", "", "give timolol", (), "sofia", Condition(), 42, 2)
    keys = {replace(order, engine_version=version).sha256(0) for version in versions}
    assert len(keys) == 2
    assert RivaTts(config(riva_speech, symbols="a b")).inventory == {"a", "b"}


def test_another_speed_is_refused_and_not_passed_over(riva_speech: Server) -> None:
    with pytest.raises(NotSpoken, match="at its own speed only"):
        RivaTts(config(riva_speech)).speak(request(rate=1.1))


def test_where_text_goes_is_logged_once_before_it_goes(
    riva_speech: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)

    class Elsewhere(RivaTts):
        def _call(self, *_: Any) -> Any:
            assert "leaves this machine for riva.example:50051" in caplog.text
            return type("Answer", (), {"audio": b"\x01\x10" * 100})()

    engine = Elsewhere(config(riva_speech, url="riva.example:50051", version="1"))
    for _ in range(2):
        engine.speak(request())
    assert len([record for record in caplog.records if record.name == "flywheel"]) == 1


def test_function_and_key_go_along_and_the_key_into_no_message(
    riva_speech: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_engine(config(riva_speech, function_id="function-1")).speak(request())
    assert riva_speech[0].headers["function-id"] == "function-1"
    monkeypatch.setenv("SPEECH_KEY", "nvapi-secret")
    with pytest.raises(ServiceFailed) as raised:  # a key goes over TLS, which this server lacks
        open_engine(config(riva_speech, api_key_env="SPEECH_KEY", retries=0))
    assert "nvapi-secret" not in str(raised.value) + caplog.text


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(ServiceFailed, match=r"127.0.0.1:1: UNAVAILABLE: .*; asked 2 times"):
        open_engine(config((None, "127.0.0.1:1"), retries=1))


@pytest.mark.parametrize(("fate", "away"), [("busy", False), ("late", True)])
def test_a_server_that_does_not_answer_is_away_and_a_busy_one_is_not(
    riva_speech: Server, fate: str, away: bool
) -> None:
    riva_speech[0].script = lambda _: fate
    patience = 1 if fate == "late" else 300
    engine = RivaTts(config(riva_speech, retries=1, timeout_seconds=patience))
    with pytest.raises(NotSpoken) as raised:
        engine.speak(request())
    assert (raised.value.retry, raised.value.away) == (True, away)
