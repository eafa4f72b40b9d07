"""A clip follows from its order alone, and a faulty take is made once more, then refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.benchmark.clip import ClipOrder, babble, make_clip, standing_result
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.harden import LADDER
from tasks.domain.manifest import MAX_SECONDS
from tasks.workspace.audio import ClipStore, read_wav

ORDER = ClipOrder("fake", "1", "start timolol today", (), "v", Condition("pink", 15.0), 42, 2)
SPEECH = np.pad(0.3 * np.sin(np.arange(1.8 * RATE_HZ) / 20.0), RATE_HZ // 10).astype(np.float32)


class Engine:
    """Gives what it is told to for each request, the last thing again and again."""

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
def test_whatever_is_said_otherwise_is_another_clip(changes: dict[str, object]) -> None:
    assert replace(ORDER, **changes).sha256(0) != ORDER.sha256(0)  # type: ignore[arg-type]


def test_how_often_it_may_be_tried_is_no_part_of_a_clip() -> None:
    assert replace(ORDER, attempts=5).sha256(0) == ORDER.sha256(0)


def test_a_faulty_take_is_made_once_more_with_another_seed(store: ClipStore) -> None:
    engine = Engine(np.zeros(RATE_HZ, dtype=np.float32), SPEECH)
    result = make_clip(ORDER, engine, store)
    assert (result.sha256, result.takes) == (ORDER.sha256(1), 2)
    assert [request.seed for request in engine.requests] == [0, 1]
    assert standing_result(ORDER, store) == replace(result, takes=0)


def test_a_clip_whose_takes_are_all_faulty_is_refused_and_not_tried_again(store: ClipStore) -> None:
    engine = Engine(np.zeros(RATE_HZ, dtype=np.float32), NotSpoken("no such voice"))
    result = make_clip(ORDER, engine, store)
    assert (result.sha256, result.faults, result.takes) == (None, ("no such voice",), 2)
    assert make_clip(ORDER, engine, store).takes == 0


def test_a_server_that_is_away_is_asked_another_time(store: ClipStore) -> None:
    away = make_clip(ORDER, Engine(NotSpoken("busy", retry=True)), store)
    assert (away.transient, away.faults) == (True, ("busy",))
    assert standing_result(ORDER, store) is None
    assert make_clip(ORDER, Engine(SPEECH), store).sha256 == ORDER.sha256(0)


def test_babble_lasts_longer_than_a_clip_may_and_somebody_always_speaks() -> None:
    speech = babble()
    assert speech.size > MAX_SECONDS * RATE_HZ
    halves = speech[: speech.size // 8_000 * 8_000].reshape(-1, 8_000)
    loudness = np.sqrt(np.mean(halves**2, axis=1))
    assert loudness.min() > 0.25 * loudness.mean()
