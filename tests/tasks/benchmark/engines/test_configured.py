"""From a policy to an engine."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.benchmark.engines.configured import open_engine
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy import EngineConfig


def test_espeak_is_opened_by_default_and_may_have_a_name_of_its_own() -> None:
    engine = open_engine(EngineConfig())
    assert (engine.name, engine.leaves_machine) == ("espeak", False)
    assert open_engine(EngineConfig(name="espeak-ng")).name == "espeak-ng"
    assert engine.name == "espeak", "an engine is named by its own policy alone"


def test_an_http_server_is_opened_with_its_key(
    http_speech: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPEECH_KEY", " sk-secret\n")
    config = EngineConfig(
        engine="http", url=http_speech.url, voices=("a",), api_key_env="SPEECH_KEY", name="kokoro"
    )
    engine = open_engine(config)
    assert engine.name == "kokoro"
    assert engine.speak(SpeechRequest("one", "one", (), "a")).size
    assert http_speech.headers["authorization"] == "Bearer sk-secret"


def test_a_riva_server_is_opened(riva_speech: tuple[Any, str]) -> None:
    engine = open_engine(EngineConfig(engine="riva", url=riva_speech[1]))
    assert (engine.name, engine.version) == ("riva", "magpie-1 en-US")


@pytest.mark.parametrize("value", [None, "  "])
def test_a_key_that_is_not_set_is_named_by_its_variable(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPEECH_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SPEECH_KEY", value)
    config = EngineConfig(engine="riva", url="riva.example:443", api_key_env="SPEECH_KEY")
    with pytest.raises(
        ServiceFailed, match="riva: expected its key in the environment variable SPEECH_KEY"
    ):
        open_engine(config)


@pytest.mark.parametrize("kind", ["riva", "http"])
def test_of_a_hundred_rows_from_an_unruly_server_each_is_made_or_refused_with_its_reason(
    kind: str, request: pytest.FixtureRequest
) -> None:
    fixture = request.getfixturevalue(f"{kind}_speech")
    server, url = fixture if kind == "riva" else (fixture, fixture.url)
    server.rate = 22_050  # of its own, and not what is asked for
    fates = {3: "busy", 5: "empty", 7: "silent"}
    server.script = lambda number: {20: "late", 31: "refused"}.get(number, fates.get(number % 10))
    config = EngineConfig.model_validate(
        {"engine": kind, "url": url, "voices": ["a"], "version": "1"}
        | {"timeout_seconds": 2, "backoff_seconds": 0.001}
    )
    engine, made, refused = open_engine(config), 0, list[NotSpoken]()
    for row in range(100):
        text = f"row {row} & <others>"
        try:
            clip = engine.speak(SpeechRequest(text, text, (), "a"))
            made += 1
            assert abs(clip.size - RATE_HZ // 2) <= 1
        except NotSpoken as error:
            refused.append(error)
    assert (made, len(refused)) == (99, 1)
    assert "refused" in str(refused[0]) or "no such voice" in str(refused[0])
    assert len({str(asked) for asked in server.asked}) == 100, "each row was asked for"
