"""The WAV files of a benchmark: what they hold, or why they cannot be used; and how one is written."""

from __future__ import annotations

import hashlib
import io
import shlex
import struct
import wave
from pathlib import Path

import numpy as np

from tasks.domain.errors import FlywheelError
from tasks.domain.manifest import RATE_HZ, AudioFacts
from tasks.workspace.reading import AUDIO_BYTES, read_regular

PCM, EXTENSIBLE = 1, 0xFFFE  # how the samples are written, as a WAV's format chunk names it
SUBFORMAT_TAIL = bytes.fromhex("000000001000800000aa00389b71")
ENCODINGS = {2: "ADPCM", 3: "floating point", 6: "A-law", 7: "mu-law", 17: "ADPCM", 85: "MP3"}
CONTAINERS = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"FORM": "AIFF",
    b"RF64": "RF64",
    b"ID3": "MP3",
    b"\xff\xfb": "MP3",
    b"\xff\xf3": "MP3",
}


class BadAudio(FlywheelError):
    """A file that is not the audio a benchmark needs."""


def read_wav(path: Path) -> AudioFacts:
    """Read a 16 kHz mono PCM16 WAV whole.

    Raises BadAudio with what was expected and what was found.
    """
    try:
        if not path.is_file():
            found = "it is no regular file" if path.exists() else "No such file or directory"
            raise BadAudio(f"expected a readable file; {path}: {found}")
        return _read_wav(path)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = getattr(error, "strerror", None) or error
        raise BadAudio(f"expected a readable file; {str(path)!r}: {reason}") from None


def read_samples(path: Path) -> bytes:
    """Give the samples of a WAV that was checked before, without its header."""
    with wave.open(io.BytesIO(_plain_pcm(read_regular(path, AUDIO_BYTES)))) as file:
        samples: bytes = file.readframes(file.getnframes())
    return samples


def wav_bytes(speech: np.ndarray) -> bytes:
    """Write float32 in [-1, 1] as a WAV of 16 kHz mono PCM16."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((np.clip(speech, -1, 1) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def _read_wav(path: Path) -> AudioFacts:
    content = read_regular(path, AUDIO_BYTES)
    if not content:
        raise BadAudio(f"expected audio; {path} is empty")
    foreign = _foreign(content)
    if foreign:
        raise BadAudio(f"expected a WAV file; {path} holds {foreign}: {_conversion(path)}")
    try:
        with wave.open(io.BytesIO(_plain_pcm(content))) as file:
            channels, width = file.getnchannels(), file.getsampwidth()
            rate, frames = file.getframerate(), file.getnframes()
            held = len(file.readframes(frames)) // (channels * width)
    except (wave.Error, EOFError, RuntimeError, struct.error, ArithmeticError) as error:
        found = str(error) or "its chunks are longer than the file"
        raise BadAudio(f"expected a WAV file; {path}: {found}") from None
    if (rate, channels, 8 * width) != (RATE_HZ, 1, 16):
        plural = "s" if channels > 1 else ""
        raise BadAudio(
            f"expected {RATE_HZ} Hz, 1 channel, 16 bit; {path} has "
            f"{rate} Hz, {channels} channel{plural}, {8 * width} bit: {_conversion(path)}"
        )
    if held == 0:
        raise BadAudio(f"expected audio; {path} holds no samples")
    if held != frames:
        raise BadAudio(f"expected {frames} samples, as its header says; {path} holds {held}")
    return AudioFacts(held / RATE_HZ, hashlib.sha256(content).hexdigest())


def _conversion(path: Path) -> str:
    """Give the commands that make what is read out of other audio."""
    clip = shlex.quote(str(path))
    return (
        f"sox {clip} -r {RATE_HZ} -c 1 -b 16 out.wav, or "
        f"ffmpeg -i {clip} -ar {RATE_HZ} -ac 1 -c:a pcm_s16le out.wav, converts it"
    )


def _foreign(content: bytes) -> str | None:
    """Name a container or an encoding other than a WAV's PCM; None where neither is seen."""
    for start, name in CONTAINERS.items():
        if content.startswith(start):
            return name
    encoding = _encoding(content)
    if encoding in (None, PCM):
        return None
    return ENCODINGS.get(encoding, f"encoding {encoding}")


def _encoding(content: bytes) -> int | None:
    """Read how the samples are written; an extensible header says it in its subformat."""
    at = _format_chunk(content)
    if at is None:
        return None
    (tag,) = struct.unpack_from("<H", content, at)
    if tag == EXTENSIBLE and content[at + 26 : at + 40] == SUBFORMAT_TAIL:
        (tag,) = struct.unpack_from("<H", content, at + 24)
    return int(tag)


def _format_chunk(content: bytes) -> int | None:
    """Find where the content of a WAV's format chunk begins."""
    at = 12
    while content.startswith(b"RIFF") and at + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        if name == b"fmt " and at + 10 <= len(content):
            return at + 8
        at += 8 + size + size % 2
    return None


def _plain_pcm(content: bytes) -> bytes:
    """Write PCM under an extensible header as plain PCM: Python's wave reads only that before 3.12.

    NeMo's reader takes both, to the same samples.
    """
    at = _format_chunk(content)
    if at is None or _encoding(content) != PCM:
        return content
    return content[:at] + struct.pack("<H", PCM) + content[at + 2 :]
