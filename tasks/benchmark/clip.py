"""One clip of a benchmark: spoken, checked, brought to the common level, and put under its condition."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from itertools import chain, cycle, islice

import numpy as np

from tasks.benchmark.conditions import Condition, apply, below_full_scale, level, quality_faults
from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken, SpeechEngine, SpeechRequest
from tasks.benchmark.engines.espeak import VOICES, Espeak
from tasks.benchmark.sentences import fill, own_sentences
from tasks.domain.manifest import MAX_SECONDS
from tasks.workspace.audio import ClipStore, wav_bytes

SECONDS = MAX_SECONDS + 5.0
WORDS = "results"  # in the place of a term
METHOD_VERSION = 1  # raised by hand when the same order gives another clip


@cache
def babble() -> np.ndarray:
    """Give SECONDS of six voices at one level, each with other sentences; raise NotSpoken."""
    engine = Espeak()
    texts = [
        fill(template, WORDS)
        for contexts in own_sentences().values()
        for template in chain(*contexts.values())
    ]
    size = int(SECONDS * RATE_HZ)
    mixed = np.zeros(size, dtype=np.float32)
    for number, voice in enumerate(VOICES):
        spoken: list[np.ndarray] = []
        for text in islice(cycle(texts), number * len(texts) // len(VOICES), None):
            spoken.append(level(engine.speak(SpeechRequest(text, text, (), voice))))
            if sum(map(len, spoken)) >= size:
                break
        mixed += np.concatenate(spoken)[:size]
    return mixed


@dataclass(frozen=True)
class ClipOrder:
    """A clip to make: by which engine of which version, what is said, and how it is heard."""

    engine: str
    engine_version: str
    spoken: str
    pronunciations: tuple[tuple[str, str], ...]
    voice: str
    condition: Condition
    seed: int
    attempts: int

    def sha256(self, take: int) -> str:
        """Give the identity of a take: a clip that has it is this one."""
        parts = asdict(self) | {"attempts": None, "take": take, "method": METHOD_VERSION}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class ClipResult:
    """What came of an order: a clip of this identity, or why there is none.

    `takes` were made now; `transient` says that another time may succeed, `away` that nobody answered.
    """

    sha256: str | None
    faults: tuple[str, ...] = ()
    takes: int = 0
    transient: bool = False
    away: bool = False


def standing_result(order: ClipOrder, store: ClipStore) -> ClipResult | None:
    """Give what is known of an order already; None where a take has to be made."""
    faults: tuple[str, ...] = ()
    for take in range(order.attempts):
        sha256 = order.sha256(take)
        if store.has(sha256):
            return ClipResult(sha256)
        faults = store.faults(sha256)
        if not faults:
            return None
    return ClipResult(None, faults)


def make_clip(order: ClipOrder, engine: SpeechEngine, store: ClipStore) -> ClipResult:
    """Make a clip, with another take where one is found faulty; takes that are known stay as they are."""
    takes = 0
    while (standing := standing_result(order, store)) is None:
        take = next(n for n in range(order.attempts) if not store.faults(order.sha256(n)))
        takes += 1
        try:
            _make_take(order, take, engine, store)
        except NotSpoken as error:
            if error.retry:
                return ClipResult(None, (str(error),), takes, transient=True, away=error.away)
            store.refuse(order.sha256(take), (str(error),))
    return ClipResult(standing.sha256, standing.faults, takes)


def _make_take(order: ClipOrder, take: int, engine: SpeechEngine, store: ClipStore) -> None:
    """Make a take and keep it, or note what is wrong with it; raise NotSpoken."""
    sha256, condition = order.sha256(take), order.condition
    speech = engine.speak(
        SpeechRequest(
            text=order.spoken,
            spoken=order.spoken,
            pronunciations=order.pronunciations,
            voice=order.voice,
            rate=condition.rate,
            seed=take,
        )
    )
    faults = quality_faults(speech, len(order.spoken.split()))
    if faults:
        store.refuse(sha256, tuple(faults))
        return
    rng = np.random.default_rng(int(sha256[:16], 16))
    others = babble() if condition.noise == "babble" else None
    heard = apply(level(speech), condition, rng, others)
    spoken = hashlib.sha256(speech.tobytes()).hexdigest()
    store.keep(sha256, wav_bytes(below_full_scale(heard)), spoken)
