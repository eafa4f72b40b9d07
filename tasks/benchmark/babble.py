"""Babble: several of espeak-ng's voices talking at once, the same at any time."""

from __future__ import annotations

from functools import cache
from itertools import chain, cycle, islice

import numpy as np

from tasks.benchmark.engines.engine import RATE_HZ, SpeechRequest
from tasks.benchmark.engines.espeak import VOICES, Espeak
from tasks.benchmark.levels import level
from tasks.benchmark.sentences import TEMPLATES, fill
from tasks.domain.manifest import MAX_SECONDS

SECONDS = MAX_SECONDS + 5.0
WORDS = "results"  # in the place of a term


@cache
def babble() -> np.ndarray:
    """Give SECONDS of six voices at one level, each with other sentences; raise NotSpoken."""
    engine = Espeak()
    texts = [
        fill(template, WORDS)
        for contexts in TEMPLATES.values()
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
