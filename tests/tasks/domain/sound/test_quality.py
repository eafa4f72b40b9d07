"""A clip that is cut, silent, clipped or much too long is found."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.domain.sound.quality import quality_faults

SPEECH = (0.5 * np.sin(np.arange(32_000) / 20.0)).astype(np.float32)
PAUSE = np.zeros(32_000, dtype=np.float32)


def test_speech_is_fit() -> None:
    assert quality_faults(SPEECH, 5) == []


@pytest.mark.parametrize(
    ("speech", "words", "fault"),
    [
        (PAUSE, 5, "the clip is silent"),
        (np.empty(0, dtype=np.float32), 5, "the clip is silent"),
        (SPEECH[:3_000], 5, "expected 0.6 to 8.5 s for 5 words; got 0.2"),
        (np.tile(SPEECH, 12), 40, "got 24.0"),
        (np.concatenate([PAUSE, SPEECH]), 5, "expected speech at its start; 2.0 s are silent"),
        (np.concatenate([SPEECH, PAUSE]), 5, "expected speech at its end; 2.0 s are silent"),
        (np.sign(SPEECH), 5, "at full scale"),
    ],
)
def test_a_fault_says_what_was_found(speech: np.ndarray, words: int, fault: str) -> None:
    (found,) = quality_faults(speech, words)
    assert found.endswith(fault) or fault in found
