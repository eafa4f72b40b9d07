"""A clip that is cut, silent, clipped or much too long is found."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.benchmark.quality import quality_faults

TONE = (0.5 * np.sin(np.arange(32_000) / 20.0)).astype(np.float32)
SPEECH = np.pad(TONE, 1_600)
PAUSE = np.zeros(32_000, dtype=np.float32)


def test_speech_is_fit() -> None:
    assert quality_faults(SPEECH, 5) == []


@pytest.mark.parametrize(
    ("speech", "words", "fault"),
    [
        (PAUSE, 5, "the clip is silent"),
        (np.empty(0, dtype=np.float32), 5, "the clip is silent"),
        (np.pad(TONE[:1_000], 1_000), 5, "expected 0.6 to 8.5 s for 5 words; got 0.2"),
        (np.tile(SPEECH, 12), 40, "got 26.4"),
        (np.concatenate([PAUSE, SPEECH]), 5, "expected speech at its start; 2.1 s are silent"),
        (np.concatenate([SPEECH, PAUSE]), 5, "expected speech at its end; 2.1 s are silent"),
        (SPEECH[:20_000], 5, "expected a pause at its end; the speech is cut off there"),
        (SPEECH[12_000:], 5, "expected a pause at its start; the speech is cut off there"),
        (np.sign(SPEECH), 5, "at full scale"),
    ],
)
def test_a_fault_says_what_was_found(speech: np.ndarray, words: int, fault: str) -> None:
    (found,) = quality_faults(speech, words)
    assert found.endswith(fault) or fault in found


def test_speech_that_fades_to_the_last_sample_is_not_cut_off() -> None:
    fading = SPEECH[:20_000] * np.linspace(1, 0.1, 20_000, dtype=np.float32)
    assert quality_faults(fading, 5) == []
