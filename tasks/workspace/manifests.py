"""Manifests: read, checked and digested once, with the facts of every clip they name."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Generic

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.jobs import AudioRow
from tasks.domain.manifest import (
    AudioFacts,
    ClinicalRow,
    GeneralRow,
    Row,
    clinical_faults,
    duplicate_faults,
    duration_fault,
    parse_rows,
)
from tasks.records.files import digest
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.audio import BadAudio
from tasks.workspace.clip_memory import read_clips
from tasks.workspace.clips import is_changed

GUARD, REPLAY, ACCEPTANCE = "general.jsonl", "replay.jsonl", "acceptance.jsonl"


@dataclass(frozen=True)
class Manifest(Generic[Row]):
    """A checked manifest; `rows`, `lines`, `clips` and `audio` run in parallel.

    `lines` are the rows' line numbers, `clips` the resolved paths of their audio. `audio` is empty where
    it was not asked for.
    """

    path: Path
    sha256: str
    rows: tuple[Row, ...]
    lines: tuple[int, ...]
    clips: tuple[Path, ...]
    audio: tuple[AudioFacts, ...]

    @cached_property
    def audio_sha256(self) -> str:
        """The digest of all clips, in row order."""
        return digest(*(facts.sha256 for facts in self.audio))

    @property
    def identity(self) -> str:
        """The digest of manifest and clips."""
        return digest(self.sha256, self.audio_sha256)

    @cached_property
    def audio_rows(self: Manifest[GeneralRow] | Manifest[ClinicalRow]) -> tuple[AudioRow, ...]:
        """The rows as NeMo reads them: absolute path, the file's own duration, text."""
        return tuple(
            AudioRow(str(clip), row.duration or facts.seconds, row.text)
            for row, clip, facts in zip(self.rows, self.clips, self.audio, strict=True)
        )


def read_if_there(path: Path, model: type[Row]) -> Manifest[Row] | None:
    """Read a manifest, None without one; a link that leads nowhere is a fault like any other."""
    return read_manifest(path, model) if os.path.lexists(path) else None


def read_manifest(path: Path, model: type[Row], *, audio: bool = True) -> Manifest[Row]:
    """Read a manifest and, unless told otherwise, every clip it names.

    Raises InvalidInput with every fault, in the order of lines.
    """
    try:
        if not path.is_file():
            found = "is no regular file" if path.exists() else "does not exist"
            raise InvalidInput([Fault(f"expected a manifest; {path} {found}", path.name)])
        content = read_regular(path, LINES_BYTES)
    except OSError as error:
        raise InvalidInput([Fault(f"expected a manifest; {path}: {error}", path.name)]) from None
    rows, row_faults = _checked_rows(content, path.name, model)
    paths, path_faults = _audio_paths(path, rows)
    faults = [*row_faults, *path_faults, *duplicate_faults(paths, path.name)]
    facts: dict[int, AudioFacts] = {}
    if audio:
        facts, audio_faults = _read_clips(path.name, rows, paths)
        faults += audio_faults
    if faults:
        raise InvalidInput(sorted(faults, key=lambda fault: fault.line or 0))
    return Manifest(
        path=path,
        sha256=hashlib.sha256(content).hexdigest(),
        rows=tuple(rows.values()),
        lines=tuple(rows),
        clips=tuple(paths.values()),
        audio=tuple(facts.values()),
    )


@lru_cache(maxsize=8)
def _checked_rows(
    content: bytes, name: str, model: type[Row]
) -> tuple[dict[int, Row], Sequence[Fault]]:
    """Parse and check the rows, once in a process for the same content."""
    rows, faults = parse_rows(content, name, model)
    clinical = {line: row for line, row in rows.items() if isinstance(row, ClinicalRow)}
    return rows, tuple(faults + clinical_faults(clinical, name))


def _audio_paths(manifest: Path, rows: dict[int, Row]) -> tuple[dict[int, Path], list[Fault]]:
    paths, faults = {}, []
    folders: dict[str, Path] = {}
    for line, row in rows.items():
        name = getattr(row, "audio_filepath", "")
        try:
            paths[line] = audio_path(manifest, name, folders)
        except (OSError, ValueError, RuntimeError) as error:  # NUL, surrogates, circles of links
            sentence = f"expected the path of a file; got {name!r} ({error})"
            faults.append(Fault(sentence, manifest.name, line, "audio_filepath"))
    return paths, faults


def _read_clips(
    name: str, rows: dict[int, Row], paths: dict[int, Path]
) -> tuple[dict[int, AudioFacts], list[Fault]]:
    facts: dict[int, AudioFacts] = {}
    faults = []
    for (line, path), found in zip(paths.items(), read_clips(list(paths.values())), strict=True):
        if isinstance(found, BadAudio):
            sentence, kind = str(found), str(found).replace(str(path), "")
            faults.append(Fault(sentence, name, line, "audio_filepath", kind))
            continue
        facts[line] = found
        if is_changed(path, found.sha256):
            sentence = (
                f"expected the clip as it was made; {path} was changed since: put it back, or "
            )
            sentence += f"remove {name} and make it again"
            faults.append(Fault(sentence, name, line, "audio_filepath", "changed clips"))
        written_for = getattr(rows[line], "audio_sha256", None)
        if written_for not in (None, found.sha256):
            sentence = f"expected the clip of this row by its sha256; {path} was changed since: put it back"
            faults.append(Fault(sentence, name, line, "audio_sha256", "changed clips"))
        fault = duration_fault(name, line, getattr(rows[line], "duration", None), found)
        faults += [fault] if fault else []
    return facts, faults


def audio_path(manifest: Path, audio_filepath: str, folders: dict[str, Path] | None = None) -> Path:
    """Resolve a row's clip against the manifest's folder, as NeMo does.

    `folders` keeps each folder that was resolved, for the next row.
    """
    named = os.path.join(manifest.parent, audio_filepath)  # noqa: PTH118 (five times as fast)
    if folders is None:
        return Path(named).resolve()
    folder, name = os.path.split(named)
    if folder not in folders:
        folders[folder] = Path(folder).resolve()
    with suppress(OSError, ValueError):
        if stat.S_ISREG(os.lstat(named).st_mode):
            return folders[folder] / name
    return Path(named).resolve()  # a link, or nothing
