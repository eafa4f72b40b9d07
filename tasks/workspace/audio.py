"""The WAV files of a workspace: read, written, and kept in its folder of clips by what made each.

A clip that is there is never made again. It is linked into the cycles that use it, so that a program
which edits it there edits it here as well: its digest is noted beside it, and one that has another by
now is made again.
"""

from __future__ import annotations

import hashlib
import io
import shlex
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.domain.errors import FlywheelError
from tasks.domain.manifest import RATE_HZ, AudioFacts
from tasks.domain.wav import PCM, NotWav, WavPart, wav_parts
from tasks.records.files import file_sha256, write_atomic
from tasks.records.reading import AUDIO_BYTES, NOTE_BYTES, read_regular

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
CLIP_FOLDER = "clips"


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
        return wav_facts(read_regular(path, AUDIO_BYTES), path)
    except (OSError, ValueError) as error:  # ValueError: a path that no file can have
        reason = getattr(error, "strerror", None) or error
        raise BadAudio(f"expected a readable file; {str(path)!r}: {reason}") from None


def read_samples(path: Path) -> bytes:
    """Return the samples of a WAV that was checked before, without its header."""
    return b"".join(part.samples for part in wav_parts(read_regular(path, AUDIO_BYTES)))


def wav_bytes(speech: np.ndarray) -> bytes:
    """Write float32 in [-1, 1] as a WAV of 16 kHz mono PCM16."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((np.clip(speech, -1, 1) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def playable(speech: np.ndarray) -> bytes:
    """Write float32 in [-1, 1], 16 kHz, for a browser: MP3 at some 30 kbit/s, about a ninth of a WAV.

    A WAV where no encoder is installed: the extra `speech` has one.
    """
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: its library does not load here
        return wav_bytes(speech)
    content = io.BytesIO()
    soundfile.write(content, np.clip(speech, -1, 1), RATE_HZ, format="MP3", compression_level=0.9)
    return content.getvalue()


def wav_facts(content: bytes, path: Path | str) -> AudioFacts:
    """Return the facts of a 16 kHz mono PCM16 WAV, which messages name by its path.

    Raises BadAudio with what was expected and what was found.
    """
    if not content:
        raise BadAudio(f"expected audio; {path} is empty")
    foreign = _foreign(content)
    if foreign:
        raise BadAudio(f"expected a WAV file; {path} holds {foreign}: {_conversion(path)}")
    part, *others = _parts(content, path)
    if part.encoding != PCM:
        encoding = ENCODINGS.get(part.encoding, f"encoding {part.encoding}")
        raise BadAudio(f"expected a WAV file; {path} holds {encoding}: {_conversion(path)}")
    rate, channels, bits = part.rate_hz, part.channels, part.bits
    if (rate, channels, bits) != (RATE_HZ, 1, 16):
        plural = "" if channels == 1 else "s"
        raise BadAudio(
            f"expected {RATE_HZ} Hz, 1 channel, 16 bit; {path} has "
            f"{rate} Hz, {channels} channel{plural}, {bits} bit: {_conversion(path)}"
        )
    if others:
        raise BadAudio(
            f"expected one stretch of samples; {path} holds {len(others) + 1}, one behind the other, "
            "of which NeMo reads the first"
        )
    frames, held = (part.promised or 0) // part.frame_bytes, len(part.samples) // part.frame_bytes
    if part.promised is None:
        raise BadAudio(
            f"expected the size of its samples in the header; {path} has none, as a stream does: "
            f"{_conversion(path)}"
        )
    if held == 0:
        raise BadAudio(f"expected audio; {path} holds no samples")
    if held != frames:
        raise BadAudio(f"expected {frames} samples, as in its header; {path} holds {held}")
    return AudioFacts(held / RATE_HZ, hashlib.sha256(content).hexdigest())


def _conversion(path: Path | str) -> str:
    """Return the commands that make what is read out of other audio."""
    clip = shlex.quote(str(path))
    return (
        f"sox {clip} -r {RATE_HZ} -c 1 -b 16 out.wav, or "
        f"ffmpeg -i {clip} -ar {RATE_HZ} -ac 1 -c:a pcm_s16le out.wav, converts it"
    )


def _foreign(content: bytes) -> str | None:
    """Name a container other than a WAV's; None where none is seen."""
    return next((name for start, name in CONTAINERS.items() if content.startswith(start)), None)


def _parts(content: bytes, path: Path | str) -> list[WavPart]:
    """Read the parts of a WAV; raise BadAudio where it is none."""
    try:
        return wav_parts(content)
    except NotWav as error:
        raise BadAudio(f"expected a WAV file; {path}: {error}") from None


class ClipNote(BaseModel):
    """The note of a take: digests of its speech without noise and of its file, or its faults."""

    model_config = ConfigDict(frozen=True)

    speech_sha256: str = ""
    clip_sha256: str = ""
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipStore:
    """The folder of clips, and of takes that were found faulty."""

    folder: Path

    def clip(self, sha256: str) -> Path:
        """Return the path of a clip, whether it is there or not."""
        return self.folder / sha256[:2] / f"{sha256}.wav"

    def has(self, sha256: str) -> bool:
        """Whether a clip is there as it was made; one that was changed, cut or swapped is not."""
        note, clip = self.note(sha256), self.clip(sha256)
        if note is None or not clip.is_file():
            return False
        try:
            if note.clip_sha256:
                return file_sha256(clip) == note.clip_sha256
            read_wav(clip)  # of a store without digests: it can be checked for being audio alone
        except (OSError, BadAudio):
            return False
        return True

    def keep(self, sha256: str, wav: bytes, speech_sha256: str) -> None:
        """Keep a clip, and before it the digests of its file and of its speech without noise."""
        digest = hashlib.sha256(wav).hexdigest()
        self._write(sha256, ClipNote(speech_sha256=speech_sha256, clip_sha256=digest))
        write_atomic(self.clip(sha256), wav)

    def clip_sha256(self, sha256: str) -> str:
        """Return the digest of a clip's file as it is now."""
        return file_sha256(self.clip(sha256))

    def speech_sha256(self, sha256: str) -> str:
        """Return the digest of a clip's speech without noise; empty where it was not noted."""
        note = self.note(sha256)
        return note.speech_sha256 if note else ""

    def faults(self, sha256: str) -> tuple[str, ...]:
        """Return why a take is not used; empty where nothing is known of it."""
        note = self.note(sha256)
        return note.faults if note else ()

    def refuse(self, sha256: str, faults: tuple[str, ...]) -> None:
        """Note why a take is not used, so that it is not made again."""
        self._write(sha256, ClipNote(faults=faults))

    def _write(self, sha256: str, note: ClipNote) -> None:
        content = note.model_dump_json(exclude_defaults=True)
        write_atomic(self._note_path(sha256), f"{content}\n")

    def note(self, sha256: str) -> ClipNote | None:
        """Return the note of a take; None for nothing, or a damaged note: it is made again."""
        try:
            return ClipNote.model_validate_json(
                read_regular(self._note_path(sha256), NOTE_BYTES), strict=True
            )
        except (OSError, ValidationError):
            return None

    def _note_path(self, sha256: str) -> Path:
        return self.clip(sha256).with_suffix(".json")


def is_changed(clip: Path, sha256: str) -> bool:
    """Whether a clip of a store, which has this digest now, is another than was made."""
    store = ClipStore(clip.parent.parent)
    if store.folder.name != CLIP_FOLDER or store.clip(clip.stem) != clip:
        return False
    note = store.note(clip.stem)
    return note is not None and note.clip_sha256 not in ("", sha256)


def clip_store(root: Path) -> ClipStore:
    return ClipStore(root / CLIP_FOLDER)
