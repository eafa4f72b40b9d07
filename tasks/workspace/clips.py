"""The clips of a workspace, each known by what made it: one that is there is never made again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

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

    def keep(self, sha256: str, wav: bytes) -> None:
        write_atomic(self.clip(sha256), wav)

    def faults(self, sha256: str) -> tuple[str, ...]:
        """Give why a take is not used; empty where nothing is known of it."""
        fields = read_json(self.clip(sha256).with_suffix(".json"))
        return tuple(fields["faults"]) if fields else ()

    def refuse(self, sha256: str, faults: tuple[str, ...]) -> None:
        """Note why a take is not used, so that it is not made again."""
        content = json.dumps({"faults": faults}, ensure_ascii=False) + "\n"
        write_atomic(self.clip(sha256).with_suffix(".json"), content)


def clip_store(root: Path) -> ClipStore:
    return ClipStore(root / FOLDER)
