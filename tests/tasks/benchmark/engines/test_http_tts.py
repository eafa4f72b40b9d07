"""OpenAI's speech endpoint, asked over real HTTP on a server of our own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.engines.http_tts import HttpTts
from tasks.domain.policy import EngineConfig


def engine(url: str, key: str | None = None, **changes: Any) -> HttpTts:
    fields = {"voices": ("af_bella",), "backoff_seconds": 0.001, "timeout_seconds": 5.0}
    return HttpTts(EngineConfig(engine="http", url=url, **(fields | changes)), key)


def request(**changes: Any) -> SpeechRequest:
    fields = {"pronunciations": (), "voice": "af_bella"} | changes
    return SpeechRequest("give 5 mg", "give five milligrams", **fields)


def test_a_sentence_is_asked_for_as_the_protocol_has_it(http_speech: Any) -> None:
    speech = engine(http_speech.url, model="kokoro").speak(request(rate=1.25))
    assert (speech.dtype, speech.shape) == (np.float32, (RATE_HZ // 2,))
    assert http_speech.asked == [
        {
            "path": "/v1/audio/speech",
            "model": "kokoro",
            "voice": "af_bella",
            "input": "give five milligrams",
            "response_format": "wav",
            "speed": 1.25,
        }
    ]


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_an_address_may_end_with_the_version(http_speech: Any, end: str) -> None:
    engine(http_speech.url + end).speak(request())
    assert http_speech.asked[0]["path"] == "/v1/audio/speech"


def test_a_body_without_an_end_is_one_refusal_and_is_not_kept_in_memory(http_speech: Any) -> None:
    http_speech.script = lambda _: "endless"
    with pytest.raises(NotSpoken, match="more than 8,000,000 bytes of audio") as raised:
        engine(http_speech.url).speak(request())
    assert raised.value.retry, "it is the server's fault, not the sentence's"


def test_a_body_that_drips_is_no_answer_in_time(http_speech: Any) -> None:
    http_speech.script = lambda _: "dripping"
    with pytest.raises(NotSpoken, match=r"no answer within 0.2 s; asked 2 times"):
        engine(http_speech.url, timeout_seconds=0.2, retries=1).speak(request())


def test_audio_of_another_rate_is_resampled(http_speech: Any) -> None:
    http_speech.rate = 24_000
    assert abs(engine(http_speech.url).speak(request()).size - RATE_HZ // 2) <= 1


def test_one_in_ten_requests_that_meets_a_busy_server_is_spoken_all_the_same(
    http_speech: Any,
) -> None:
    http_speech.script = lambda number: {3: "busy", 7: "broken"}.get(number % 10)
    speaker = engine(http_speech.url)
    assert all(speaker.speak(request()).size for _ in range(40))
    assert len(http_speech.asked) == 50


@pytest.mark.parametrize(
    ("fate", "reason", "asked", "again"),
    [
        ("busy", "429: busy: None; asked 3 times", 3, True),
        ("broken", "503: broken: None; asked 3 times", 3, True),
        ("late", "no answer within 0.3 s; asked 3 times", 3, True),
        ("empty", "the server sent silence; asked 3 times", 3, True),
        ("silent", "the server sent silence; asked 3 times", 3, True),
        ("refused", "400: refused: None$", 1, False),
        ("forbidden", "401: forbidden: None$", 1, True),
        ("not audio", "expected audio as WAV; got 23 bytes", 1, False),
    ],
)
def test_what_cannot_be_spoken_names_the_reason(
    http_speech: Any,
    wait_for: Callable[..., Any],
    fate: str,
    reason: str,
    asked: int,
    again: bool,
) -> None:
    http_speech.script = lambda _: fate
    patience = 0.3 if fate == "late" else 300
    with pytest.raises(NotSpoken, match=reason) as raised:
        engine(http_speech.url, retries=2, timeout_seconds=patience).speak(request())
    assert raised.value.retry == again
    wait_for(lambda: len(http_speech.asked) == asked)  # what nobody waits for comes late


def test_a_server_that_is_not_there_is_one_sentence() -> None:
    with pytest.raises(NotSpoken, match=r"127.0.0.1:1/v1/audio/speech: .*refused; asked 2 times"):
        engine("http://127.0.0.1:1", retries=1).speak(request())


def test_the_key_goes_along_and_into_no_message(
    http_speech: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    http_speech.script = lambda _: "refused"
    with pytest.raises(NotSpoken, match="400: refused: Bearer …") as raised:
        engine(http_speech.url, key="sk-secret").speak(request())
    assert http_speech.headers["authorization"] == "Bearer sk-secret"
    assert "sk-secret" not in str(raised.value) + caplog.text


def test_a_pronunciation_is_refused_and_not_passed_over(http_speech: Any) -> None:
    speaker = engine(http_speech.url, name="kokoro")
    assert speaker.inventory == frozenset()
    with pytest.raises(NotSpoken, match="kokoro takes no pronunciations"):
        speaker.speak(request(pronunciations=(("five", "faɪv"),)))
    assert http_speech.asked == []


def test_a_speed_beyond_the_protocol_is_refused(http_speech: Any) -> None:
    with pytest.raises(NotSpoken, match=r"expected a speed from 0.25 to 4.0; got 5.0"):
        engine(http_speech.url).speak(request(rate=5.0))


def test_it_names_itself_by_the_policy(http_speech: Any) -> None:
    speaker = engine(http_speech.url, name="kokoro", model="kokoro-82m")
    assert (speaker.name, speaker.version) == ("kokoro", "kokoro-82m")
    assert (speaker.voices(), speaker.leaves_machine) == (("af_bella",), False)
    assert engine(http_speech.url, model="m", version="2").version == "2"
