"""The clips of a report: held by the page itself up to a limit, linked beyond it."""

from __future__ import annotations

import base64
import math
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tasks.records.reading import AUDIO_BYTES, read_regular

MEGABYTE = 1_000_000
HEAD = "data:audio/wav;base64,"


@dataclass(frozen=True)
class Clip:
    """One clip: its name in the manifest, its URL, and whether that URL holds the audio itself."""

    name: str
    url: str
    embedded: bool


def embed_clips(page: Path, clips: Iterable[tuple[str, Path]], limit_mb: int) -> list[Clip]:
    """Embed clips in the order given until the next would pass the limit; link all that follow.

    `page` is the folder of the page, `clips` are names and paths.
    """
    taken, limit = 0, limit_mb * MEGABYTE
    found = []
    for name, path in clips:
        taken += _embedded_bytes(path)
        embedded = taken <= limit
        url = _embedded_url(path) if embedded else _relative_url(path, page)
        found.append(Clip(name, url, embedded))
    return found


def _embedded_bytes(path: Path) -> int:
    return len(HEAD) + 4 * math.ceil(path.stat().st_size / 3)


def _embedded_url(path: Path) -> str:
    return HEAD + base64.b64encode(read_regular(path, AUDIO_BYTES)).decode()


def _relative_url(path: Path, folder: Path) -> str:
    return quote(os.path.relpath(path, folder))
