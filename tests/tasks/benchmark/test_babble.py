"""Babble is long enough for any clip and never falls silent."""

from __future__ import annotations

import numpy as np

from tasks.benchmark.babble import babble
from tasks.benchmark.engines.engine import RATE_HZ
from tasks.domain.manifest import MAX_SECONDS


def test_babble_lasts_longer_than_a_clip_may_and_somebody_always_speaks() -> None:
    speech = babble()
    assert speech.size > MAX_SECONDS * RATE_HZ
    halves = speech[: speech.size // 8_000 * 8_000].reshape(-1, 8_000)
    loudness = np.sqrt(np.mean(halves**2, axis=1))
    assert loudness.min() > 0.25 * loudness.mean()
