"""Takes as a browser would send them: hums with pauses, no two alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tasks.domain.manifest import RATE_HZ
from tasks.recordings.record import Script
from tasks.recordings.record_files import Agreement, Speaker, keep_take
from tasks.workspace.audio import wav_bytes
from tasks.workspace.locks import remove_leftovers

SCRIPT = Script("timolol", "drug", "order", "Give timolol now.", ("Timoptol",))
OTHER = Script("timolol", "drug", "order", "Stop timolol today.")
AT = "2026-01-02T03:04:05+00:00"
NURSE = Speaker(name="nurse-1", accent="Scots", agreements=(Agreement(text="I agree", at=AT),))


def hum(seconds: float = 4.0, loudness: float = 0.3, pitch: float = 200.0) -> np.ndarray:
    """Return a hum that rises and falls like syllables, with a fifth of a second of silence at both ends."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    syllables = np.abs(np.sin(2 * np.pi * 2 * time))
    pause = np.zeros(RATE_HZ // 5)
    return np.concatenate(
        [pause, loudness * syllables * np.sin(2 * np.pi * pitch * time), pause]
    ).astype(np.float32)


def take(seconds: float = 4.0, loudness: float = 0.3, pitch: float = 200.0) -> bytes:
    """Return such a hum as a WAV."""
    return wav_bytes(hum(seconds, loudness, pitch))


def keep_other(root: Path) -> None:
    """Keep a second take, as a sitting that begins does."""
    remove_leftovers(root, root / "recordings")
    keep_take(root, OTHER, "nurse-1", take(pitch=300), AT)
