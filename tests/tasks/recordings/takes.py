"""Takes as a browser would send them: hums with pauses, no two alike."""

from __future__ import annotations

import numpy as np

from tasks.domain.manifest import RATE_HZ
from tasks.workspace.audio import wav_bytes


def hum(seconds: float = 1.5, loudness: float = 0.3, pitch: float = 200.0) -> np.ndarray:
    """Return a hum that rises and falls like syllables, with a fifth of a second of silence at both ends."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    syllables = np.abs(np.sin(2 * np.pi * 2 * time))
    pause = np.zeros(RATE_HZ // 5)
    return np.concatenate(
        [pause, loudness * syllables * np.sin(2 * np.pi * pitch * time), pause]
    ).astype(np.float32)


def take(seconds: float = 1.5, loudness: float = 0.3, pitch: float = 200.0) -> bytes:
    """Return such a hum as a WAV."""
    return wav_bytes(hum(seconds, loudness, pitch))
