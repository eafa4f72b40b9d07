"""The loudness of clips: speech of one level, and what is written never clipped."""

from __future__ import annotations

import numpy as np

SPEECH_RMS = 0.08  # of full scale, over the parts that are speech: -22 dB
PEAK = 0.95
FRAME = 320  # samples, 20 ms
SILENT = 0.03  # of the loudest frame: -30 dB


def level(speech: np.ndarray) -> np.ndarray:
    """Bring speech to the common level, pauses not counted; silence stays as it is."""
    power = spoken_power(speech)
    return below_full_scale(speech * (SPEECH_RMS / np.sqrt(power))) if power else speech


def spoken_power(speech: np.ndarray) -> float:
    """Give the mean square of the parts that are speech: frames within 30 dB of the loudest.

    >>> spoken_power(np.array([0.5] * 320 + [0.0] * 640))
    0.25
    """
    frames = speech[: speech.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    power = np.mean(frames**2, axis=1)
    return float(np.mean(power[power >= SILENT**2 * power.max()])) if power.any() else 0.0


def below_full_scale(sound: np.ndarray) -> np.ndarray:
    """Turn down what would clip, as much as is needed."""
    peak = float(np.abs(sound).max(initial=0.0))
    return np.asarray(sound * min(1.0, PEAK / peak) if peak else sound, dtype=np.float32)
