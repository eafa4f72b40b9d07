"""The sound of a clip: level, noise, rooms and lines, speed, and whether it is fit for use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tasks.domain.manifest import MAX_SECONDS, RATE_HZ

SPEECH_RMS = 0.08  # of full scale, over the parts that are speech: -22 dB
PEAK = 0.95
FRAME = 320  # samples, 20 ms
PAUSE = 0.03  # of the loudest frame: -30 dB
TELEPHONE_HZ = (300.0, 3_400.0)
DECAY = np.log(1000.0)  # of amplitude, over the reverberation time: 60 dB
MIN_SECONDS_A_WORD, MAX_SECONDS_A_WORD = 0.12, 1.5
CLIPPED, CLIPPED_SHARE = 0.999, 0.001
SILENT, MAX_SILENCE_SECONDS = 0.001, 1.5
EDGE, CUT = 160, 0.25  # samples, 10 ms, and their loudness there beside that of the speech


def level(speech: np.ndarray) -> np.ndarray:
    """Bring speech to the common level, pauses not counted; silence stays as it is."""
    power = spoken_power(speech)
    return below_full_scale(speech * (SPEECH_RMS / np.sqrt(power))) if power else speech


def spoken_power(speech: np.ndarray) -> float:
    """Return the mean square of the parts that are speech: frames within 30 dB of the loudest.

    >>> spoken_power(np.array([0.5] * 320 + [0.0] * 640))
    0.25
    """
    frames = speech[: speech.size // FRAME * FRAME].reshape(-1, FRAME).astype(np.float64)
    power = np.mean(frames**2, axis=1)
    return float(np.mean(power[power >= PAUSE**2 * power.max()])) if power.any() else 0.0


def below_full_scale(sound: np.ndarray) -> np.ndarray:
    """Turn down what would clip, as much as is needed."""
    peak = float(np.abs(sound).max(initial=0.0))
    return np.asarray(sound * min(1.0, PEAK / peak) if peak else sound, dtype=np.float32)


@dataclass(frozen=True)
class Condition:
    """The acoustic condition of a clip; the engine applies `rate`, we the others."""

    noise: Literal["none", "pink", "babble"] = "none"
    snr_db: float | None = None
    band: Literal["full", "telephone"] = "full"
    reverberation_seconds: float = 0.0
    rate: float = 1.0

    @property
    def noise_level(self) -> str:
        """Name the noise as a manifest does.

        >>> Condition().noise_level, Condition("babble", 5.0).noise_level
        ('clean', 'snr_5db')
        """
        return "clean" if self.snr_db is None else f"snr_{self.snr_db:.0f}db"

    @property
    def fields(self) -> dict[str, str | float]:
        """Return the fields of a row that name it, leaving out what is as usual.

        >>> Condition("babble", 5.0, rate=1.25).fields
        {'noise_level': 'snr_5db', 'noise_type': 'babble', 'rate': 1.25}
        """
        named: dict[str, str | float] = {"noise_level": self.noise_level}
        if self.noise != "none":
            named["noise_type"] = self.noise
        if self.band != "full":
            named["band"] = self.band
        if self.reverberation_seconds:
            named["reverberation"] = self.reverberation_seconds
        if self.rate != 1.0:
            named["rate"] = self.rate
        return named

    @classmethod
    def of(cls, noise_level: str) -> Condition:
        """Return pink noise of this level, or none.

        >>> Condition.of("snr_-5db")
        Condition(noise='pink', snr_db=-5.0, band='full', reverberation_seconds=0.0, rate=1.0)
        """
        if noise_level == "clean":
            return cls()
        return cls("pink", float(noise_level.removeprefix("snr_").removesuffix("db")))


def apply(
    speech: np.ndarray, condition: Condition, rng: np.random.Generator, babble: np.ndarray | None
) -> np.ndarray:
    """Put speech into a room, add noise at the ratio to speech without its pauses, send it by a line.

    `babble` is speech of others, at least as long as a clip; it is needed for that noise alone.
    """
    audio = speech
    if condition.reverberation_seconds:
        audio = _in_a_room(audio, condition.reverberation_seconds, rng)
    if condition.snr_db is not None:
        noise = _pink(audio.size, rng) if condition.noise == "pink" else _cut(babble, audio, rng)
        ratio = spoken_power(audio) / np.mean(noise**2)
        audio = audio + noise * np.sqrt(ratio * 10 ** (-condition.snr_db / 10))
    if condition.band == "telephone":
        audio = _by_telephone(audio)
    return np.asarray(audio, dtype=np.float32)


def _pink(size: int, rng: np.random.Generator) -> np.ndarray:
    from scipy.fft import irfft, next_fast_len, rfft  # only a build pays its import

    length = next_fast_len(size, real=True)
    spectrum = rfft(rng.standard_normal(length))
    spectrum /= np.sqrt(np.maximum(np.arange(spectrum.size), 1.0))
    return np.asarray(irfft(spectrum, n=length)[:size])


def _cut(babble: np.ndarray | None, speech: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Take as much of the babble as the clip is long, from any place."""
    if babble is None or babble.size < speech.size:
        raise ValueError("expected babble that is as long as the clip")
    start = rng.integers(babble.size - speech.size + 1)
    return babble[start : start + speech.size]


def _by_telephone(speech: np.ndarray) -> np.ndarray:
    """Keep a telephone's band, at its 8 kHz, and bring it back to the rate of a clip."""
    from scipy.signal import butter, resample_poly, sosfilt

    band = butter(6, TELEPHONE_HZ, "bandpass", fs=RATE_HZ, output="sos")
    sampled = resample_poly(sosfilt(band, speech), 1, 2)
    return np.asarray(resample_poly(sampled, 2, 1)[: speech.size])


def _in_a_room(speech: np.ndarray, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """Add the echoes of a room, as noise that decays by 60 dB in this time."""
    from scipy.signal import fftconvolve

    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    echoes = rng.standard_normal(time.size) * np.exp(-DECAY * time / seconds)
    echoes *= 1.0 / np.sqrt(np.sum(echoes**2))
    echoes[0] = 1.0
    return np.asarray(fftconvolve(speech, echoes)[: speech.size])


def quality_faults(speech: np.ndarray, words: int) -> list[str]:
    """Return the faults of speech of so many words, before any noise; none where it is fit."""
    seconds = speech.size / RATE_HZ
    loud = np.flatnonzero(np.abs(speech) > SILENT)
    if not loud.size:
        return ["expected speech; the clip is silent"]
    faults = []
    least, most = MIN_SECONDS_A_WORD * words, min(MAX_SECONDS_A_WORD * words + 1, MAX_SECONDS)
    if not least <= seconds <= most:
        faults.append(f"expected {least:.1f} to {most:.1f} s for {words} words; got {seconds:.1f}")
    for where, silence in (("start", loud[0]), ("end", speech.size - 1 - loud[-1])):
        if silence > MAX_SILENCE_SECONDS * RATE_HZ:
            faults.append(f"expected speech at its {where}; {silence / RATE_HZ:.1f} s are silent")
    loudness = np.sqrt(spoken_power(speech))
    for where, edge in (("start", speech[:EDGE]), ("end", speech[-EDGE:])):
        if np.sqrt(np.mean(edge**2)) > CUT * loudness:
            faults.append(f"expected a pause at its {where}; the speech is cut off there")
    clipped = float(np.mean(np.abs(speech) >= CLIPPED))
    if clipped > CLIPPED_SHARE:
        faults.append(f"expected no clipping; {clipped:.1%} of the samples are at full scale")
    return faults
