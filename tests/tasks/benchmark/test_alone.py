"""A row whose IPA comes out as silence is refused, although the words around it are spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from tasks.benchmark.alone import silent_faults
from tasks.benchmark.clip import ClipOrder
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechRequest
from tasks.benchmark.synthesis import EngineInUse
from tasks.workspace.clips import ClipStore

SOUND = np.full(RATE_HZ, 0.3, dtype=np.float32)
NOISE = Condition("pink", 5.0)


@dataclass
class Engine:
    """Answers each IPA with what it is set to, and remembers what it was asked."""

    answers: dict[str, np.ndarray | NotSpoken]
    asked: list[SpeechRequest] = field(default_factory=list)
    name, version, leaves_machine, inventory = "fake", "1", False, None

    def voices(self) -> Sequence[str]:
        return ("v",)

    def g2p(self, text: str) -> str | None:
        return None if text else ""

    def speak(self, request: SpeechRequest) -> np.ndarray:
        self.asked.append(request)
        ((_, ipa),) = request.pronunciations
        answer = self.answers[ipa]
        if isinstance(answer, NotSpoken):
            raise answer
        return answer


def order(*parts: tuple[str, str], voice: str = "w") -> ClipOrder:
    return ClipOrder("fake", "1", "give timolol and zinc", parts, voice, NOISE, 42, 2)


@pytest.fixture
def store(tmp_path: Path) -> ClipStore:
    return ClipStore(tmp_path / "clips")


def test_a_word_whose_ipa_is_silence_is_named_and_said_once(store: ClipStore) -> None:
    engine = Engine({"ʔ": SOUND * 0, "zɪŋk": SOUND})
    both, one = order(("timolol", "ʔ"), ("zinc", "zɪŋk")), order(("zinc", "zɪŋk"), voice="v")
    for _ in range(2):
        faults = silent_faults([both, one, both], {"fake": EngineInUse(engine, ("v", "w"))}, store)
        refused = "fake says nothing for 'ʔ', the IPA of timolol"
        assert faults == [refused, "", refused]
    assert [(one.spoken, one.voice) for one in engine.asked] == [("timolol", "v"), ("zinc", "v")]


def test_an_engine_that_answers_with_silence_for_good_is_known(store: ClipStore) -> None:
    engine = Engine({"ʔ": NotSpoken("the server sent silence", retry=True, silent=True)})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    for _ in range(2):
        assert silent_faults([order(("timolol", "ʔ"))], in_use, store) != [""]
    assert len(engine.asked) == 1


def test_an_engine_that_is_away_is_asked_once_now_and_again_another_time(store: ClipStore) -> None:
    engine = Engine({"a": NotSpoken("busy", retry=True), "b": SOUND})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    orders = [order(("timolol", "a")), order(("zinc", "b"))]
    assert silent_faults(orders, in_use, store) == ["", ""]
    assert len(engine.asked) == 1
    engine.answers["a"] = SOUND * 0
    assert [bool(fault) for fault in silent_faults(orders, in_use, store)] == [True, False]


def test_a_refusal_for_another_reason_is_left_to_the_row_itself(store: ClipStore) -> None:
    engine = Engine({"a": NotSpoken("no such voice")})
    in_use = {"fake": EngineInUse(engine, ("v",))}
    assert silent_faults([order(("timolol", "a"))], in_use, store) == [""]
