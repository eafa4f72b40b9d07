"""Shared by speech engines over a network: the channel to a Riva server, retries, and the audio it sends."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from math import gcd
from threading import Lock
from typing import Any, TypeVar

import numpy as np

from tasks.benchmark.engines.engine import RATE_HZ, NotSpoken
from tasks.domain.errors import ServiceFailed
from tasks.domain.policy import EngineConfig
from tasks.domain.wav import FLOAT, PCM, NotWav, WavPart, wav_parts
from tasks.logs import log

LONGEST_WAIT_SECONDS = 60.0
AUDIO_BYTES = 8_000_000  # 20 s of 48 kHz in two channels of 32 bit is 7.7 MB
LONGEST_SECONDS = 30  # of an answer; a clip has 20 at most
RATES_HZ = range(4_000, 96_001)
LONGEST_RATIO = 2_000  # of a rate to ours in whole numbers; that of 11,025 Hz is 441 to 640
MOST_CHANNELS = 8
BLOCK_SAMPLES = 1 << 18  # that are converted at a time
Answer = TypeVar("Answer")
one_at_a_time = Lock()  # a long answer of a high rate takes 50 MB while it is read


class Busy(NotSpoken):
    """A server that may answer the same request later; it may name after how many seconds."""

    def __init__(
        self,
        reason: str,
        after_seconds: float = 0.0,
        *,
        away: bool = False,
        silent: bool = False,
    ) -> None:
        super().__init__(reason, retry=True, away=away, silent=silent)
        self.after_seconds = after_seconds


def open_channel(
    endpoint: str,
    function_id: str | None,
    key: str | None,
    *,
    encrypted: bool,
    options: Sequence[tuple[str, str | int]] = (("grpc.enable_retries", 0),),
) -> Any:
    """Open a channel as Riva's `Auth`; function and key, where given, go along with each call.

    Raises ServiceFailed where NVIDIA's client is not installed.
    """
    try:
        from riva.client import Auth
    except ImportError:
        raise ServiceFailed(
            "a Riva endpoint needs NVIDIA's client: pip install 'clinical-asr-flywheel[riva]'"
        ) from None

    metadata = [["function-id", function_id]] if function_id else []
    if key:
        metadata.append(["authorization", f"Bearer {key}"])
    return Auth(uri=endpoint, use_ssl=encrypted, metadata_args=metadata, options=list(options))


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
                raise NotSpoken(reason, retry=True, away=busy.away, silent=busy.silent) from None
            longest = min(LONGEST_WAIT_SECONDS, config.backoff_seconds * 2**attempt)
            asked = min(LONGEST_WAIT_SECONDS, busy.after_seconds)
            wait(max(asked, longest * (0.5 + chance() / 2)))
    raise AssertionError("the last attempt returns or raises")


def announce(config: EngineConfig) -> None:
    """Warn that the sentences leave this machine, before any does."""
    if config.leaves_machine:
        line = "encrypted" if config.encrypted else "over an open line"
        log().warning(
            "%s: text to be spoken leaves this machine for %s, %s", config.label, config.url, line
        )


def read_audio(content: bytes, rate_hz: int | None = None) -> np.ndarray:
    """Read a WAV file, or bare PCM16 of a given rate, as an engine gives speech.

    WAV files that are joined end to end are read to the last, and one under the open header of a
    stream to its end. Raises NotSpoken where it is neither, and Busy where it holds no sound or was
    cut: another attempt may.
    """
    if not content:
        raise Busy("the server sent no audio")
    if content[:4] == b"RIFF":
        with one_at_a_time:
            speech = np.concatenate([_speech_of(part) for part in _read_wav(content)])
    elif rate_hz is not None and len(content) % 2 == 0:
        speech = _at_our_rate(
            np.frombuffer(content, dtype="<i2").astype(np.float32) / 2**15, rate_hz
        )
    else:
        raise NotSpoken(f"expected audio as WAV; got {len(content)} bytes of {content[:12]!r}")
    if not speech.size or not np.abs(speech).max() > 0:
        raise Busy("the server sent silence", silent=True)
    limited: np.ndarray = np.clip(speech, -1.0, 1.0).astype(np.float32)
    return limited


def _read_wav(content: bytes) -> list[WavPart]:
    """Read the parts of a WAV whose format can be; raise NotSpoken, and Busy where it was cut."""
    try:
        parts = wav_parts(content)
    except NotWav as error:
        raise NotSpoken(f"the server sent a WAV that cannot be read: {error}") from None
    for part in parts:
        fault = _fault(part)
        if fault:
            raise NotSpoken(f"the server sent a WAV that cannot be read: {fault}")
    cut = next((part for part in parts if part.cut), None)
    if cut:
        raise Busy(
            f"the server sent {len(cut.samples):,} of {cut.promised:,} bytes of samples, and no more"
        )
    seconds = sum(len(part.samples) / part.frame_bytes / part.rate_hz for part in parts)
    if seconds > LONGEST_SECONDS:
        raise NotSpoken(
            f"expected at most {LONGEST_SECONDS} s of speech; the server sent {seconds:.0f} s"
        )
    return parts


def _fault(part: WavPart) -> str:
    """Return the part of a format that cannot be read; empty where it can be."""
    rate = part.rate_hz
    if rate not in RATES_HZ or max(rate, RATE_HZ) // gcd(rate, RATE_HZ) > LONGEST_RATIO:
        return f"its rate is {rate} Hz"
    if not 1 <= part.channels <= MOST_CHANNELS:
        return f"it has {part.channels} channels"
    if (part.encoding, part.bits) not in SAMPLES:
        return f"its samples are {part.bits} bit of encoding {part.encoding}"
    return ""


def _speech_of(part: WavPart) -> np.ndarray:
    """Return the samples of a part as one channel in [-1, 1] at our rate."""
    frames, size = len(part.samples) // part.frame_bytes, part.frame_bytes
    read, block = SAMPLES[part.encoding, part.bits], BLOCK_SAMPLES // part.channels
    speech = np.empty(frames, dtype=np.float32)
    for start in range(0, frames, block):
        samples = read(part.samples[start * size : min(start + block, frames) * size])
        speech[start : start + block] = samples.reshape(-1, part.channels).mean(axis=1)
    return _at_our_rate(speech, part.rate_hz)


def _at_our_rate(speech: np.ndarray, rate_hz: int) -> np.ndarray:
    """Resample speech, unless it has our rate."""
    if rate_hz == RATE_HZ or not speech.size:
        return speech
    from scipy.signal import resample_poly  # a second, which recognition does not pay

    common = gcd(RATE_HZ, rate_hz)
    resampled: np.ndarray = resample_poly(speech, RATE_HZ // common, rate_hz // common)
    return resampled


def _integers(kind: str) -> Callable[[memoryview], np.ndarray]:
    """Read signed integers of a width in [-1, 1]."""

    def read(samples: memoryview) -> np.ndarray:
        limit = -float(np.iinfo(kind).min)
        return (np.frombuffer(samples, kind) / limit).astype(np.float32)

    return read


def _unsigned(samples: memoryview) -> np.ndarray:
    return (np.frombuffer(samples, np.uint8).astype(np.float32) - 128) / 128


def _three_bytes(samples: memoryview) -> np.ndarray:
    """Read integers of 24 bit as the upper bytes of 32."""
    wide = np.zeros((len(samples) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(samples, np.uint8).reshape(-1, 3)
    return (wide.view("<i4")[:, 0] / 2.0**31).astype(np.float32)


def _floats(kind: str) -> Callable[[memoryview], np.ndarray]:
    """Read floating point of a width; what is no number is silence, and what is too loud is cut."""

    def read(samples: memoryview) -> np.ndarray:
        values = np.nan_to_num(np.frombuffer(samples, kind), posinf=1.0, neginf=-1.0)
        limited: np.ndarray = np.clip(values, -1.0, 1.0).astype(np.float32)
        return limited

    return read


SAMPLES: dict[tuple[int, int], Callable[[memoryview], np.ndarray]] = {  # by encoding and bits
    (PCM, 8): _unsigned,
    (PCM, 16): _integers("<i2"),
    (PCM, 24): _three_bytes,
    (PCM, 32): _integers("<i4"),
    (FLOAT, 32): _floats("<f4"),
    (FLOAT, 64): _floats("<f8"),
}
