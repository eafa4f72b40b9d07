"""A clip follows from its order alone, and a faulty take is made once more, then refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.benchmark.clip import (
    AWAY_CLIPS,
    THREADS,
    ClipOrder,
    babble,
    make_clip,
    make_clips,
    open_engines,
    stored_result,
)
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.harden import LADDER
from tasks.domain.errors import ServiceFailed
from tasks.domain.manifest import MAX_SECONDS
from tasks.domain.policy import EngineConfig
from tasks.domain.progress import Progress
from tasks.logs import reported_to
from tasks.workspace.audio import ClipStore, read_wav

ORDER = ClipOrder("fake", "1", "start timolol today", (), "v", Condition("pink", 15.0), 42, 2)
SPEECH = np.pad(0.3 * np.sin(np.arange(1.8 * RATE_HZ) / 20.0), RATE_HZ // 10).astype(np.float32)


class Engine:
    """Gives the prepared answer for each request, the last thing again and again."""

    name, version, leaves_machine, inventory = "fake", "1", False, None

    def __init__(self, *answers: np.ndarray | NotSpoken) -> None:
        self.answers, self.requests = list(answers), list[SpeechRequest]()

    def voices(self) -> Sequence[str]:
        return ("v",)

    def speak(self, request: SpeechRequest) -> np.ndarray:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, NotSpoken):
            raise answer
        return answer


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def test_a_clip_is_made_once(store: ClipStore) -> None:
    engine = Engine(SPEECH)
    first = make_clip(ORDER, engine, store)
    assert make_clip(ORDER, engine, store) == replace(first, takes=0)
    assert len(engine.requests) == first.takes == 1
    assert read_wav(store.clip(str(first.sha256))).seconds == 2.0


def test_the_bytes_follow_from_the_order_alone(tmp_path: Path) -> None:
    orders = [replace(ORDER, condition=condition) for condition in LADDER]
    stores = [ClipStore(tmp_path / name) for name in ("forwards", "backwards")]
    for order in orders:
        make_clip(order, Engine(SPEECH), stores[0])
    for order in reversed(orders):
        make_clip(order, Engine(SPEECH), stores[1])
    clips = [[store.clip(order.sha256(0)).read_bytes() for order in orders] for store in stores]
    assert clips[0] == clips[1]
    assert len(set(clips[0])) == len(orders)


@pytest.mark.parametrize(
    "changes",
    [
        {"engine_version": "2"}, {"voice": "w"}, {"spoken": "stop timolol"}, {"seed": 1},
        {"pronunciations": (("timolol", "ˈtɪm"),)}, {"condition": Condition("pink", 15.0, rate=1.1)},
    ],
    ids=str,
)  # fmt: skip
def test_whatever_is_spoken_otherwise_is_another_clip(changes: dict[str, object]) -> None:
    assert replace(ORDER, **changes).sha256(0) != ORDER.sha256(0)  # type: ignore[arg-type]


def test_how_often_it_may_be_tried_is_no_part_of_a_clip() -> None:
    assert replace(ORDER, attempts=5).sha256(0) == ORDER.sha256(0)


def test_a_faulty_take_is_made_once_more_with_another_seed(store: ClipStore) -> None:
    engine = Engine(np.zeros(RATE_HZ, dtype=np.float32), SPEECH)
    result = make_clip(ORDER, engine, store)
    assert (result.sha256, result.takes) == (ORDER.sha256(1), 2)
    assert [request.seed for request in engine.requests] == [0, 1]
    assert stored_result(ORDER, store) == replace(result, takes=0)


def test_a_clip_whose_takes_are_all_faulty_is_refused_and_not_tried_again(store: ClipStore) -> None:
    engine = Engine(np.zeros(RATE_HZ, dtype=np.float32), NotSpoken("no such voice"))
    result = make_clip(ORDER, engine, store)
    assert (result.sha256, result.faults, result.takes) == (None, ("no such voice",), 2)
    assert make_clip(ORDER, engine, store).takes == 0


def test_a_server_that_is_away_is_asked_another_time(store: ClipStore) -> None:
    away = make_clip(ORDER, Engine(NotSpoken("busy", retry=True)), store)
    assert (away.transient, away.faults) == (True, ("busy",))
    assert stored_result(ORDER, store) is None
    assert make_clip(ORDER, Engine(SPEECH), store).sha256 == ORDER.sha256(0)


def test_babble_lasts_longer_than_a_clip_may_and_somebody_always_speaks() -> None:
    speech = babble()
    assert speech.size > MAX_SECONDS * RATE_HZ
    halves = speech[: speech.size // 8_000 * 8_000].reshape(-1, 8_000)
    loudness = np.sqrt(np.mean(halves**2, axis=1))
    assert loudness.min() > 0.25 * loudness.mean()


def order(number: int, engine: str = "espeak", voice: str = "en-us") -> ClipOrder:
    words = f"heparin {number}"
    return ClipOrder(engine, "1", words, (), voice, Condition.of("clean"), 42, 2)


def test_results_are_in_the_order_of_the_orders_and_progress_is_reported(tmp_path: Path) -> None:
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
    assert named.voices == ("en-us",)


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
    assert results[39].sha256 == kept, "a clip that exists is given"
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
    assert len(http_speech.asked) == 16, "a server that answers, whatever its answer, is there"


def test_a_server_names_its_version_once(tmp_path: Path, riva_speech: tuple[Any, str]) -> None:
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
