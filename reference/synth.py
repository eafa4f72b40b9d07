"""Synthesize speech in process with espeak-ng, from the `espeakng-loader` wheel.

espeak-ng keeps its flutter state from one utterance to the next, so the bytes of a clip depend on
what the process said before it. A list of utterances is therefore spoken in order by one fresh
process (`synthesize`), which makes the whole list the same bytes on every run.
"""

from __future__ import annotations

import argparse
import ctypes
import multiprocessing
import signal
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

import espeakng_loader
import numpy as np
from scipy.fft import irfft, next_fast_len, rfft
from scipy.signal import resample_poly

RATE = 16_000  # hertz, of every clip this module returns
ESPEAK_RATE = 22_050
SYNCHRONOUS, UTF8, PHONEMES, PARAMETER_RATE, PARAMETER_PITCH = 2, 0x1, 0x100, 1, 3
PADDING_SECONDS = 0.15
REPORT_SECONDS = 0.2
_counts: list[Synchronized[int]] = []  # in a worker, the utterances spoken by all of them


@dataclass(frozen=True)
class Utterance:
    """One thing to say: `spoken` may hold espeak phonemes between double square brackets."""

    spoken: str
    voice: str
    words_per_minute: int = 165
    pitch: int = 50


class Speaker:
    """espeak-ng, loaded once a process; `say` returns 16 kHz mono float32 in [-1, 1]."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = espeakng_loader.get_data_path().encode()
        if self._library.espeak_Initialize(SYNCHRONOUS, 0, data, 0) != ESPEAK_RATE:
            raise RuntimeError(f"espeak-ng did not start on its data folder {data.decode()}")
        self._library.espeak_ng_SetRandSeed(ctypes.c_long(7))  # breathy voices use rand()
        self._chunks: list[bytes] = []
        callback_type = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
        )
        self._callback = callback_type(self._collect)  # kept: C holds only a pointer to it
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: object, count: int, _events: object) -> int:
        if samples and count > 0:
            self._chunks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 0

    def say(self, utterance: Utterance) -> np.ndarray:
        """Speak one utterance; raise ValueError when espeak has no such voice or says nothing."""
        self._set_voice(utterance.voice)
        self._library.espeak_SetParameter(PARAMETER_RATE, utterance.words_per_minute, 0)
        self._library.espeak_SetParameter(PARAMETER_PITCH, utterance.pitch, 0)
        self._chunks.clear()
        text = utterance.spoken.encode()
        self._library.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8 | PHONEMES, None, None)
        self._library.espeak_Synchronize()
        samples = np.frombuffer(b"".join(self._chunks), dtype=np.int16)
        if samples.size == 0:
            raise ValueError(f"espeak-ng said nothing for {utterance}")
        speech = resample_poly(samples.astype(np.float32) / 32768.0, 320, 441)
        return np.pad(speech, int(PADDING_SECONDS * RATE)).astype(np.float32)

    def _set_voice(self, voice: str) -> None:
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {voice!r}")


@cache
def speaker() -> Speaker:
    """The speaker of this process."""
    return Speaker()


def speak_all(utterances: Sequence[Utterance]) -> list[np.ndarray]:
    """Speak a list in order, in this process."""
    return [_spoken(utterance) for utterance in utterances]


def _spoken(utterance: Utterance) -> np.ndarray:
    speech = speaker().say(utterance)
    for count in _counts:
        with count.get_lock():
            count.value += 1
    return speech


def _share(count: Synchronized[int]) -> None:
    _counts.append(count)


def synthesize(
    lists: Sequence[Sequence[Utterance]],
    processes: int,
    report: Callable[[int], None] = lambda _: None,
) -> Iterator[list[np.ndarray]]:
    """Speak each list in a fresh process of its own, several at a time; results in list order.

    `report` receives now and then how many utterances are spoken.
    """
    spawn = multiprocessing.get_context("spawn")
    count = spawn.Value("q", 0)
    # what the pool starts inherits it: Ctrl-C is for the main process
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    with spawn.Pool(processes, _share, (count,), maxtasksperchild=1) as pool:
        results = pool.imap(speak_all, lists, chunksize=1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        for _ in lists:
            while True:
                try:
                    spoken = results.next(REPORT_SECONDS)
                    break
                except multiprocessing.TimeoutError:
                    report(count.value)
            yield spoken


def with_noise(speech: np.ndarray, snr_db: float | None, rng: np.random.Generator) -> np.ndarray:
    """Add pink noise at a signal-to-noise ratio in dB over the whole clip; None leaves it clean."""
    if snr_db is None:
        return speech
    length = next_fast_len(speech.size, real=True)
    spectrum = rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1.0))
    noise = irfft(spectrum, n=length)[: speech.size]
    power_ratio = np.mean(speech**2) / np.mean(noise**2)
    return speech + noise * np.sqrt(power_ratio * 10 ** (-snr_db / 10))


def to_pcm16(speech: np.ndarray, peak: float = 0.7) -> np.ndarray:
    """Scale to a peak below full scale and round to int16."""
    return np.round(speech * (peak / np.abs(speech).max()) * 32767.0).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray) -> float:
    """Write 16 kHz mono PCM16 and return its duration in seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
    return samples.size / RATE


if __name__ == "__main__":
    argparse.ArgumentParser().exit(
        2, "It speaks for benchmark.py and corpus.py: start one of them.\n"
    )
