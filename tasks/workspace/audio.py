"""Read the WAV files of a benchmark: what they hold, or why they cannot be used."""

from __future__ import annotations

import hashlib
import io
import struct
import wave
from functools import lru_cache
from pathlib import Path

from tasks.domain.errors import FlywheelError
from tasks.domain.manifest import RATE_HZ, AudioFacts
from tasks.workspace.files import Stamp, file_stamp
from tasks.workspace.reading import AUDIO_BYTES, read_regular


class BadAudio(FlywheelError):
    """A file that is not the audio a benchmark needs."""


def read_wav(path: Path) -> AudioFacts:
    """Read a 16 kHz mono PCM16 WAV whole, once in a process while it stands unchanged.

    Raises BadAudio with what was expected and what was found.
    """
    try:
        if not path.is_file():
            found = "it is no regular file" if path.exists() else "No such file or directory"
            raise BadAudio(f"expected a readable file; {path}: {found}")
        return _read_wav(path, file_stamp(path))
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = getattr(error, "strerror", None) or error
        raise BadAudio(f"expected a readable file; {str(path)!r}: {reason}") from None


@lru_cache(maxsize=2**20)
def _read_wav(path: Path, _stamp: Stamp) -> AudioFacts:
    content = read_regular(path, AUDIO_BYTES)
    if not content:
        raise BadAudio(f"expected audio; {path} is empty")
    try:
        with wave.open(io.BytesIO(content)) as file:
            channels, width = file.getnchannels(), file.getsampwidth()
            rate, frames = file.getframerate(), file.getnframes()
            held = len(file.readframes(frames)) // (channels * width)
    except (wave.Error, EOFError, RuntimeError, struct.error, ArithmeticError) as error:
        found = str(error) or "its chunks are longer than the file"
        raise BadAudio(f"expected a WAV file; {path}: {found}") from None
    if (rate, channels, 8 * width) != (RATE_HZ, 1, 16):
        raise BadAudio(
            f"expected {RATE_HZ} Hz, 1 channel, 16 bit; {path} has "
            f"{rate} Hz, {channels} channels, {8 * width} bit"
        )
    if held == 0:
        raise BadAudio(f"expected audio; {path} holds no samples")
    if held != frames:
        raise BadAudio(f"expected {frames} samples, as its header says; {path} holds {held}")
    return AudioFacts(held / RATE_HZ, hashlib.sha256(content).hexdigest())
