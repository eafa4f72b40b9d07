"""The rows of a build and of the cycle before as manifests have them, and their clips."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.scoring.normalize import normalize
from tasks.domain.words import too_long
from tasks.records.build import built_clips
from tasks.records.files import file_sha256, link_atomic, read_jsonl
from tasks.records.record import read_record
from tasks.records.stages import GateRecord
from tasks.workspace.audio import read_wav
from tasks.workspace.manifests import ACCEPTANCE, Manifest, read_if_there

CHANGED = "clips of the cycle before that cannot be carried over"  # what such faults have in common


def carry_rows(
    before: Manifest[ClinicalRow] | None, folder: Path, without: Collection[int] = ()
) -> dict[int, dict[str, Any]]:
    """Put the clips of the cycle before into a cycle's folder, and return its rows as they are.

    They are returned by their place in the manifest; rows at the places `without` are left behind. A
    clip that is there already is the same by its digest, or is linked again: before any is, the manifest
    goes that paired it with other words.
    """
    if before is None:
        return {}
    rows, earlier = dict(enumerate(read_jsonl(before.path))), before.path.parent
    for place in without:
        del rows[place]
    others = [
        row["audio_filepath"]
        for place, row in rows.items()
        if _sha256(folder / row["audio_filepath"]) != before.audio[place].sha256
    ]
    if any((folder / name).exists() for name in others):
        (folder / "manifest.jsonl").unlink(missing_ok=True)
    for name in others:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        link_atomic(earlier / name, folder / name)
    return rows


def carried_clip_faults(before: Manifest[ClinicalRow] | None, folder: Path) -> list[Fault]:
    """Return the faults of clips of the cycle before that are no longer those built for their rows.

    Also of clips that would overwrite a file that is none of this cycle's, whose folder is `folder`.
    """
    if before is None:
        return []
    built, number = built_clips(before.path.parent), before.path.parent.name
    inside, faults = folder.resolve(), []
    for line, row, facts in zip(before.lines, before.rows, before.audio, strict=True):
        name = row.audio_filepath
        if built.get(name, facts.sha256) != facts.sha256:
            wrong = f"expected the clip that was built for this row; {number}/{name} was changed "
            wrong += f"since: put it back, or build {number} again"
        elif _leads_elsewhere(folder / name, inside) and _sha256(folder / name) != facts.sha256:
            wrong = f"expected a path that is the same clip from every cycle; got {name!r}"
        else:
            continue
        faults.append(Fault(wrong, f"{number}/manifest.jsonl", line, "audio_filepath", CHANGED))
    return faults


def place_row(fields: Mapping[str, Any], clip: Path, folder: Path) -> dict[str, Any]:
    """Put a clip into a cycle's folder under its term and its identity, and return its row."""
    path = f"audio/{_slug(fields['term'])}_{clip.stem[:16]}.wav"
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    link_atomic(clip, folder / path)
    seconds = round(read_wav(clip).seconds, 4)
    row = ClinicalRow(audio_filepath=path, duration=seconds, **fields)
    return row.model_dump(mode="json", exclude_none=True, exclude=_empty(row))


def clip_digests(folder: Path, rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return the digest of each row's clip, by its path as the row has it."""
    return {row["audio_filepath"]: file_sha256(folder / row["audio_filepath"]) for row in rows}


def with_accepted(row: Mapping[str, Any], accepted: Sequence[str]) -> dict[str, Any]:
    """Return a row with the spellings that are accepted now, and without those that were.

    >>> with_accepted({"term": "timolol", "accepted": ["Timoptol"]}, [])
    {'term': 'timolol'}
    """
    others = {name: value for name, value in row.items() if name != "accepted"}
    return others | ({"accepted": list(accepted)} if accepted else {})


def _sha256(clip: Path) -> str | None:
    """Return the digest of a clip; None where there is none."""
    return file_sha256(clip) if clip.is_file() else None


def _leads_elsewhere(clip: Path, folder: Path) -> bool:
    """Whether a path leads out of a cycle's folder, to a file that may be another cycle's."""
    return not Path(os.path.normpath(folder / clip)).is_relative_to(folder)


def _empty(row: ClinicalRow) -> set[str]:
    """Name the fields that are written only where they hold something."""
    return set() if row.accepted else {"accepted"}


def _slug(term: str) -> str:
    """Write a term as a file name.

    >>> _slug("Hemoglobin A1c")
    'hemoglobin-a1c'
    """
    return re.sub(r"[^a-z0-9]+", "-", normalize(term).lower()).strip("-")[:40] or "term"


def latest_cycle(root: Path) -> int:
    """Return the number of the last cycle that has a manifest, or an audition; 1 without any."""
    names = [
        path.parent.name.removeprefix("cycle")
        for name in ("manifest.jsonl", "audition.json")
        for path in root.glob(f"cycle*/{name}")
    ]
    return max((int(name) for name in names if name.isdecimal()), default=1)


def read_before(root: Path, number: int) -> Manifest[ClinicalRow] | None:
    """Read the manifest of the cycle before, None without one; raise InvalidInput."""
    return read_if_there(root / f"cycle{number - 1}" / "manifest.jsonl", ClinicalRow)


def read_acceptance(root: Path) -> Manifest[ClinicalRow] | None:
    """Read acceptance.jsonl, None without one; raise InvalidInput."""
    return read_if_there(root / ACCEPTANCE, ClinicalRow)


def asked_for_harder(root: Path, number: int) -> bool:
    """Whether the gate of the cycle before found its benchmark too easy."""
    gate = read_record(root / f"cycle{number - 1}" / "gate.json", GateRecord)
    return gate is not None and gate.route == "harden"


def was_hardened(root: Path, number: int) -> bool:
    """Whether any gate before this cycle found the benchmark too easy."""
    return any(asked_for_harder(root, one) for one in range(2, number + 1))


def voices_added(root: Path, number: int, rows: Sequence[ClinicalRow]) -> frozenset[str]:
    """Return the voices of these rows, which a benchmark keeps that was made harder; else none."""
    return frozenset(row.voice_id for row in rows) if was_hardened(root, number) else frozenset()


def long_names(before: Manifest[ClinicalRow] | None) -> list[Fault]:
    """Name the terms and voices of the cycle before that are too long to be decided on."""
    if before is None:
        return []
    return [
        Fault(long, f"{before.path.parent.name}/{before.path.name}", line, name)
        for line, row in zip(before.lines, before.rows, strict=True)
        for name, text in (("term", row.term), ("voice_id", row.voice_id))
        if (long := too_long(text))
    ]


def terms_of(
    rows: Sequence[ClinicalRow], listed: Sequence[Term], engines: Collection[str]
) -> list[Term | None]:
    """Return the term of each row as it is listed; None where none of these engines spoke the row."""
    known = {normalize(one.term): one for one in listed}
    return [
        known.setdefault(
            normalize(row.term), Term(row.term, row.entity_category, accepted=row.accepted)
        )
        if engine_of(row.voice_id) in engines
        else None
        for row in rows
    ]
