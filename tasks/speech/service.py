"""What speech engines over a network share: patience with a busy server, and the audio it sends."""

from __future__ import annotations

import io
import random
import struct
import time
import warnings
from collections.abc import Callable
from math import gcd
from typing import TypeVar

import numpy as np
from scipy.io import wavfile
from scipy.signal import resample_poly

from tasks.domain.policy.engines import EngineConfig
from tasks.logs import log
from tasks.speech.engine import RATE_HZ, NotSpoken

LONGEST_WAIT_SECONDS = 60.0
Answer = TypeVar("Answer")


class Busy(NotSpoken):
    """A server that may answer the same request later; it may say after how many seconds."""

    def __init__(self, reason: str, after_seconds: float = 0.0, *, away: bool = False) -> None:
        super().__init__(reason, retry=True, away=away)
        self.after_seconds = after_seconds


def ask_patiently(
    ask: Callable[[], Answer],
    config: EngineConfig,
    wait: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
) -> Answer:
    """Ask until there is an answer; wait twice as long each time where the server is busy.

    A wait is a random half to whole of its length, so that clients do not come back together, and
    at least what the server asks for. Raises NotSpoken with the last reason.
    """
    for attempt in range(config.retries + 1):
        try:
            return ask()
        except Busy as busy:
            if attempt == config.retries:
                reason = f"{busy}; asked {attempt + 1} times"
                raise NotSpoken(reason, retry=True, away=busy.away) from None
            longest = min(LONGEST_WAIT_SECONDS, config.backoff_seconds * 2**attempt)
            asked = min(LONGEST_WAIT_SECONDS, busy.after_seconds)
            wait(max(asked, longest * (0.5 + chance() / 2)))
    raise AssertionError("the last attempt returns or raises")


def announce(config: EngineConfig) -> None:
    """Say that what is to be spoken leaves this machine, before any does."""
    if config.leaves_machine:
        line = "encrypted" if config.encrypted else "over an open line"
        log().warning(
            "%s: text to be spoken leaves this machine for %s, %s", config.label, config.url, line
        )


def read_audio(content: bytes, rate_hz: int | None = None) -> np.ndarray:
    """Read a WAV file, or bare PCM16 of a given rate, as an engine gives speech.

    Raises NotSpoken where it is neither, and Busy where it holds no sound: another attempt may.
    """
    if not content:
        raise Busy("the server sent no audio")
    if content[:4] == b"RIFF":
        rate_hz, samples = _read_wav(content)
    elif rate_hz is not None and len(content) % 2 == 0:
        samples = np.frombuffer(content, dtype="<i2")
    else:
        raise NotSpoken(f"expected audio as WAV; got {len(content)} bytes of {content[:12]!r}")
    speech: np.ndarray = _as_float(samples)
    if rate_hz != RATE_HZ:
        common = gcd(RATE_HZ, rate_hz)
        speech = resample_poly(speech, RATE_HZ // common, rate_hz // common)
    if not speech.size or not np.abs(speech).max() > 0:
        raise Busy("the server sent silence")
    limited: np.ndarray = np.clip(speech, -1.0, 1.0).astype(np.float32)
    return limited


def _read_wav(content: bytes) -> tuple[int, np.ndarray]:
    """Read rate and samples; a streaming server's header may promise more than there is."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)
            rate, samples = wavfile.read(io.BytesIO(content))
    except (ValueError, EOFError, struct.error) as error:
        raise NotSpoken(f"the server sent a WAV that cannot be read: {error}") from None
    return int(rate), np.asarray(samples)


def _as_float(samples: np.ndarray) -> np.ndarray:
    """Give one channel in [-1, 1] from integers or floats of any width."""
    if samples.dtype == np.uint8:
        scaled = (samples.astype(np.float64) - 128) / 128
    elif np.issubdtype(samples.dtype, np.integer):
        scaled = samples / float(-int(np.iinfo(samples.dtype).min))
    else:
        scaled = np.nan_to_num(samples.astype(np.float64))
    return scaled.mean(axis=1) if scaled.ndim == 2 else scaled
