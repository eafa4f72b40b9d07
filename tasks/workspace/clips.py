"""The clips of a workspace, each known by what made it: one that is there is never made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.workspace.files import read_json, write_atomic

FOLDER = "clips"


@dataclass(frozen=True)
class ClipStore:
    """The folder of clips, and of takes that were found faulty."""

    folder: Path

    def clip(self, sha256: str) -> Path:
        """Give the path of a clip, whether it is there or not."""
        return self.folder / sha256[:2] / f"{sha256}.wav"

    def has(self, sha256: str) -> bool:
        return self.clip(sha256).is_file()

    def keep(self, sha256: str, wav: bytes, speech_sha256: str) -> None:
        """Keep a clip, and before it the digest of its speech without noise."""
        self._note(sha256, {"speech_sha256": speech_sha256})
        write_atomic(self.clip(sha256), wav)

    def speech_sha256(self, sha256: str) -> str:
        """Give the digest of a clip's speech without noise; empty where it was not noted."""
        return str(self._noted(sha256).get("speech_sha256", ""))

    def faults(self, sha256: str) -> tuple[str, ...]:
        """Give why a take is not used; empty where nothing is known of it."""
        return tuple(self._noted(sha256).get("faults", ()))

    def refuse(self, sha256: str, faults: tuple[str, ...]) -> None:
        """Note why a take is not used, so that it is not made again."""
        self._note(sha256, {"faults": faults})

    def _note(self, sha256: str, fields: Mapping[str, Any]) -> None:
        content = json.dumps(fields, ensure_ascii=False) + "\n"
        write_atomic(self.clip(sha256).with_suffix(".json"), content)

    def _noted(self, sha256: str) -> dict[str, Any]:
        return read_json(self.clip(sha256).with_suffix(".json")) or {}


def clip_store(root: Path) -> ClipStore:
    return ClipStore(root / FOLDER)
