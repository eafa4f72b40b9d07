"""Orders are made by several threads, and what came of each is told in their order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.benchmark.clip import ClipOrder
from tasks.benchmark.conditions import Condition
from tasks.benchmark.synthesis import AWAY_CLIPS, THREADS, make_clips, open_engines
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy.engines import EngineConfig
from tasks.domain.progress import Progress
from tasks.logs import reported_to
from tasks.workspace.audio import ClipStore


def order(number: int, engine: str = "espeak", voice: str = "en-us") -> ClipOrder:
    words = f"heparin {number}"
    return ClipOrder(engine, "1", words, (), voice, Condition.of("clean"), 42, 2)


def test_results_are_in_the_order_of_the_orders_and_progress_is_told(tmp_path: Path) -> None:
    store, seen = ClipStore(tmp_path), list[Progress]()
    orders = [order(number) for number in range(9)]
    with reported_to(seen.append):
        results = make_clips(orders, [EngineConfig()], store)
    assert [one.sha256 for one in results] == [one.sha256(0) for one in orders]
    assert [(one.done, one.total) for one in seen] == [(n + 1, 9) for n in range(9)]


def test_each_order_is_made_by_its_own_engine(tmp_path: Path, http_speech: Any) -> None:
    config = EngineConfig(engine="http", name="kokoro", url=http_speech.url, voices=("af_heart",))
    orders = [order(1), order(1, "kokoro", "af_heart")]
    results = make_clips(orders, [EngineConfig(), config], ClipStore(tmp_path))
    assert all(one.sha256 for one in results)
    assert len(http_speech.asked) == 1


def test_the_voices_of_a_policy_are_used_else_those_that_an_engine_names() -> None:
    own, named = open_engines([EngineConfig(name="own"), EngineConfig(voices=("en-us",))])
    assert (own.engine.name, "en-us+f2" in own.voices) == ("own", True)
    assert named.voices == named.speaker.voices == ("en-us",)


def test_an_engine_that_is_away_is_one_sentence() -> None:
    config = EngineConfig(engine="riva", url="127.0.0.1:1", retries=0, timeout_seconds=1)
    with pytest.raises(ServiceFailed, match="UNAVAILABLE"):
        open_engines([config])


def test_a_server_that_nobody_finds_is_not_asked_for_every_clip(tmp_path: Path) -> None:
    config = EngineConfig(
        engine="http", url="http://127.0.0.1:1", voices=("a",), retries=0, timeout_seconds=1
    )
    store, orders = ClipStore(tmp_path), [order(number, "http", "a") for number in range(40)]
    kept = orders[-1].sha256(0)
    store.keep(kept, b"RIFF", "")
    results = make_clips([*orders, order(1)], [config, EngineConfig()], store)
    assert results[39].sha256 == kept, "a clip that stands is given"
    assert results[40].sha256, "another engine is asked"
    assert all(one.transient for one in results[:39])
    asked = [one for one in results[:39] if one.takes]
    assert AWAY_CLIPS <= len(asked) < AWAY_CLIPS + THREADS
    assert results[38].faults == ("http is not reachable: 4 clips in a row had no answer",)


def test_a_server_that_is_back_is_asked_on(tmp_path: Path, http_speech: Any) -> None:
    http_speech.script = lambda number: "broken" if number % AWAY_CLIPS else None
    config = EngineConfig(engine="http", url=http_speech.url, voices=("a",), retries=0)
    orders = [order(number, "http", "a") for number in range(16)]
    results = make_clips(orders, [config], ClipStore(tmp_path))
    assert sum(one.sha256 is not None for one in results) == 4
    assert len(http_speech.asked) == 16, "a server that answers, whatever it says, is there"


def test_a_server_says_its_version_once(tmp_path: Path, riva_speech: tuple[Any, str]) -> None:
    server, url = riva_speech
    config = EngineConfig(engine="riva", url=url, voices=("Magpie.EN-US.Aria",))
    (opened,) = open_engines([config])
    server.models_asked = 0
    version = opened.engine.version
    orders = [replace(order(n, "riva", "a"), engine_version=version) for n in range(8)]
    make_clips(orders, [config], ClipStore(tmp_path))
    assert server.models_asked == 0


@pytest.mark.parametrize("name", ["v" * 1001, "a\0b"])
def test_a_voice_that_a_server_lists_and_nobody_can_decide_on_is_one_sentence(
    riva_speech: tuple[Any, str], name: str
) -> None:
    server, url = riva_speech
    server.subvoices = f"{name}:0"
    with pytest.raises(ServiceFailed, match=r"^riva: its voice: expected "):
        open_engines([EngineConfig(engine="riva", url=url, retries=0)])
