"""Tones, the clips of workspaces that no model transcribes."""

from __future__ import annotations

import wave
from functools import lru_cache
from pathlib import Path

import numpy as np


def write_tone(path: Path, seconds: float = 1.0, rate: int = 16_000, channels: int = 1) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = int(seconds * rate)
    pitch = 200 + sum(path.name.encode()) % 400
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sine(pitch, frames, rate, channels))


def make_distinct(folder: Path) -> None:
    """Write each clip of a folder again, each a little longer, so that no two are alike."""
    for number, path in enumerate(sorted(folder.glob("*.wav"))):
        write_tone(path, 1 + number / 10_000)


@lru_cache(maxsize=512)  # a workspace of a hundred clips takes half a second without
def sine(pitch: int, frames: int, rate: int, channels: int) -> bytes:
    """Return a sine of PCM16, at a quarter of full scale, the same in each channel."""
    samples = (8000 * np.sin(2 * np.pi * pitch * np.arange(frames) / rate)).astype("<i2")
    return np.repeat(samples, channels).tobytes()
