"""Speech has one level, whatever the engine gave, and never clips."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.benchmark.levels import PEAK, SPEECH_RMS, below_full_scale, level

SPEECH = np.sin(np.arange(32_000) / 20.0).astype(np.float32)


@pytest.mark.parametrize("gain", [0.01, 0.5, 1.0])
def test_loud_and_quiet_speech_come_to_one_level(gain: float) -> None:
    assert np.sqrt(np.mean(level(gain * SPEECH) ** 2)) == pytest.approx(SPEECH_RMS, rel=0.01)


def test_pauses_do_not_make_speech_louder() -> None:
    with_pause = np.concatenate([SPEECH, np.zeros(64_000, dtype=np.float32)])
    assert level(with_pause)[: SPEECH.size] == pytest.approx(level(SPEECH), abs=1e-3)


def test_silence_stays_silence() -> None:
    assert not level(np.zeros(1_000, dtype=np.float32)).any()


def test_what_would_clip_is_turned_down_and_the_rest_is_left() -> None:
    assert np.abs(below_full_scale(3 * SPEECH)).max() == pytest.approx(PEAK)
    assert np.array_equal(below_full_scale(0.5 * SPEECH), 0.5 * SPEECH)
