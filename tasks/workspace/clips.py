"""The clips of a workspace, each known by what made it: one that is there is never made again.

A clip is linked into the cycles that use it, so that a program which edits it there edits it here as
well. Its digest is noted beside it, and one that has another by now is made again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.records.files import file_sha256, write_atomic
from tasks.records.reading import NOTE_BYTES, read_regular
from tasks.workspace.audio import BadAudio, read_wav

FOLDER = "clips"


class ClipNote(BaseModel):
    """What is noted of a take: digests of its speech without noise and of its file, or its faults."""

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
        """Return what is noted of a take; None for nothing, or a damaged note: it is made again."""
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
    if store.folder.name != FOLDER or store.clip(clip.stem) != clip:
        return False
    note = store.note(clip.stem)
    return note is not None and note.clip_sha256 not in ("", sha256)


def clip_store(root: Path) -> ClipStore:
    return ClipStore(root / FOLDER)
