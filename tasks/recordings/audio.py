"""Recordings of any kind: what each holds, read whole once, and clips that are cut out of them.

WAV, FLAC, Ogg, MP3 and others are read with soundfile, and rates are converted with soxr. A recording
that is a clip already, 16 kHz mono PCM16 WAV, needs neither and stays as it is, to the byte.
"""

from __future__ import annotations

import hashlib
import io
import mmap
import wave
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.domain.manifest import RATE_HZ, AudioFacts, Seconds
from tasks.domain.wav import NotWav, wav_parts
from tasks.recordings.captions import needed
from tasks.records.files import digest, file_sha256
from tasks.workspace.audio import BadAudio, ClipStore, read_wav

RULES = "import 1"  # of how a clip is cut and converted: another name for others
READY = "PCM_16"
BLOCK_FRAMES = 1 << 18
READS = "audio other than 16 kHz mono 16-bit WAV"


@dataclass(frozen=True)
class Recording:
    """A recording that was read whole: its digest, its length, and how its samples are kept."""

    path: Path
    sha256: str
    seconds: Seconds
    rate_hz: int
    channels: int
    encoding: str
    is_clip: bool = False

    @property
    def kind(self) -> str:
        """Return the encoding of its samples.

        >>> Recording(Path("a.wav"), "", 1.0, 8000, 2, "WAV ULAW").kind
        '8000 Hz, 2 channels, WAV ULAW'
        """
        plural = "" if self.channels == 1 else "s"
        return f"{self.rate_hz} Hz, {self.channels} channel{plural}, {self.encoding}"


@dataclass(frozen=True)
class Cut:
    """A part of a recording, in seconds, and the channel that is taken; None mixes them all."""

    recording: Recording
    start: Seconds
    end: Seconds
    channel: int | None = None

    @property
    def identity(self) -> str:
        """The source of the clip: the recording's content, and its part."""
        times = f"{self.start:.4f} {self.end:.4f}"
        return digest(RULES, self.recording.sha256, times, str(self.channel))

    @property
    def is_whole(self) -> bool:
        """Whether it is all of a recording that is a clip already."""
        return self.recording.is_clip and self.start == 0 and self.end == self.recording.seconds


def read_recording(path: Path) -> Recording:
    """Read a recording to its end; raise BadAudio, and InvalidInput where a library is missing."""
    with suppress(BadAudio):
        facts = read_wav(path)
        return Recording(path, facts.sha256, facts.seconds, RATE_HZ, 1, f"WAV {READY}", True)
    if not path.is_file():
        found = "it is no regular file" if path.exists() else "it does not exist"
        raise BadAudio(f"expected a recording; {path}: {found}")
    if path.stat().st_size == 0:
        raise BadAudio(f"expected a recording; {path} is empty")
    soundfile = needed("soundfile", "soundfile", READS)
    try:
        _check_whole(path)
        with soundfile.SoundFile(path) as file:
            frames = sum(len(block) for block in file.blocks(BLOCK_FRAMES, dtype="int16"))
            rate, channels = file.samplerate, file.channels
            encoding = f"{file.format} {file.subtype}"
    except (OSError, RuntimeError) as error:  # RuntimeError: of libsndfile
        reason = " ".join(str(error).replace(str(path), "it").split())
        raise BadAudio(f"expected a recording; {path}: {reason}") from None
    if not frames:
        raise BadAudio(f"expected a recording; {path} holds no samples")
    if rate != RATE_HZ:
        needed("soxr", "soxr", f"audio of another rate than {RATE_HZ} Hz")
    return Recording(path, file_sha256(path), frames / rate, rate, channels, encoding)


def _check_whole(path: Path) -> None:
    """Raise BadAudio for a WAV that has fewer samples than its header names: soundfile reads those alone."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return
        content: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    with suppress(NotWav):  # soundfile reads some that are unusual
        if any(part.cut for part in wav_parts(content)):
            raise BadAudio(f"expected all samples that its header names; {path} is cut short")


def clip_of(cut: Cut) -> bytes:
    """Return a part of a recording as a clip: a WAV of 16 kHz mono PCM16.

    Samples that are so already are copied; others are mixed, resampled and rounded.
    """
    recording = cut.recording
    if cut.is_whole:
        return recording.path.read_bytes()
    soundfile = needed("soundfile", "soundfile", "parts of recordings")
    with soundfile.SoundFile(recording.path) as file:
        rate = recording.rate_hz
        first, last = round(cut.start * rate), round(cut.end * rate)
        file.seek(first)
        as_is = (rate, recording.channels, file.subtype) == (RATE_HZ, 1, READY)
        kind = "int16" if as_is else "float32"
        samples = file.read(last - first, dtype=kind, always_2d=True)
    return _wav(samples[:, 0] if as_is else _converted(samples, rate, cut.channel))


def _converted(samples: Any, rate: int, channel: int | None) -> Any:
    """Mix or choose the channel, resample, and round to 16 bits."""
    mono = samples.mean(axis=1) if channel is None else samples[:, channel - 1]
    if rate != RATE_HZ:
        soxr = needed("soxr", "soxr", f"audio of another rate than {RATE_HZ} Hz")
        mono = soxr.resample(mono, rate, RATE_HZ)
    return np.rint(np.clip(mono, -1, 1) * 32767).astype("<i2")


def _wav(samples: Any) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def keep_clip(cut: Cut, store: ClipStore | None) -> AudioFacts:
    """Keep a clip unless it is there; return its length and the digest of its file.

    Without a store it is made and let go.
    """
    if store is not None and store.has(cut.identity):
        return read_wav(store.clip(cut.identity))
    wav = clip_of(cut)
    if store is not None:
        store.keep(cut.identity, wav, "")
    return clip_facts(wav)


def clip_facts(wav: bytes) -> AudioFacts:
    """Return the length of a clip and the digest of its file."""
    (part,) = wav_parts(wav)
    seconds = len(part.samples) / part.frame_bytes / RATE_HZ
    return AudioFacts(seconds, hashlib.sha256(wav).hexdigest())
