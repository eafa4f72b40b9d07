"""The rows of a build as the manifest has them, and their clips beside it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.workspace.audio import read_wav
from tasks.workspace.files import link_atomic, read_jsonl
from tasks.workspace.manifests import Manifest


def carry_rows(
    before: Manifest[ClinicalRow] | None, folder: Path, without: Collection[int] = ()
) -> dict[int, dict[str, Any]]:
    """Put the clips of the cycle before into a cycle's folder, and give its rows as they stand.

    They are given by their place in the manifest; rows at the places `without` are left behind.
    """
    if before is None:
        return {}
    rows, earlier = dict(enumerate(read_jsonl(before.path))), before.path.parent
    for place in without:
        del rows[place]
    for row in rows.values():
        target = folder / row["audio_filepath"]
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            link_atomic(earlier / row["audio_filepath"], target)
    return rows


def place_row(fields: Mapping[str, Any], clip: Path, folder: Path) -> dict[str, Any]:
    """Put a clip into a cycle's folder under its term and its identity, and give its row."""
    path = f"audio/{_slug(fields['term'])}_{clip.stem[:16]}.wav"
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    link_atomic(clip, folder / path)
    seconds = round(read_wav(clip).seconds, 4)
    row = ClinicalRow(audio_filepath=path, duration=seconds, **fields)
    return row.model_dump(mode="json", exclude_none=True, exclude=_empty(row))


def with_accepted(row: Mapping[str, Any], accepted: Sequence[str]) -> dict[str, Any]:
    """Return a row with the spellings that are accepted now, and without those that were.

    >>> with_accepted({"term": "timolol", "accepted": ["Timoptol"]}, [])
    {'term': 'timolol'}
    """
    others = {name: value for name, value in row.items() if name != "accepted"}
    return others | ({"accepted": list(accepted)} if accepted else {})


def _empty(row: ClinicalRow) -> set[str]:
    """Name the fields that are written only where they hold something."""
    return set() if row.accepted else {"accepted"}


def _slug(term: str) -> str:
    """Write a term as a file name.

    >>> _slug("Hemoglobin A1c")
    'hemoglobin-a1c'
    """
    return re.sub(r"[^a-z0-9]+", "-", normalize(term).lower()).strip("-")[:40] or "term"
