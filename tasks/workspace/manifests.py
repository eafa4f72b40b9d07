"""Manifests: read, checked and digested once, with the facts of every clip they name.

A clip is read once while it stays unchanged, which its size, times and inode show. One that changed
moments before it was read is not remembered: within one tick of the disk's clock a second change would
leave all of these as they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Generic

from pydantic import TypeAdapter, ValidationError

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
from tasks.records.files import Stamp, digest, file_stamp, write_atomic
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.audio import BadAudio, is_changed, read_wav

GUARD, REPLAY, ACCEPTANCE = "general.jsonl", "replay.jsonl", "acceptance.jsonl"
MEMORY = ".clips.json"
TICK_NS = 2_000_000_000  # of the coarsest clock that a disk has, FAT's
WORKERS = 8  # they wait for the disk
WAIT_SECONDS = 0.0005  # a clip, from which on they are worth it
BLOCK = 100  # clips that a worker takes at once
Line = tuple[int, int, int, int, float, str]  # size, both times, inode, seconds, digest
_known: dict[str, tuple[Stamp, AudioFacts]] = {}
_recalled: dict[Path, Stamp | None] = {}  # the workspace that is known, and its memory's stamp
# manifests that were read without a fault, with the stamp of each clip as the manifest names it
_read_before: dict[tuple[Path, type], tuple[Manifest[Any], list[Stamp]]] = {}


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

    @cached_property
    def named_clips(self) -> tuple[str, ...]:
        """The paths of the clips before links are followed."""
        return tuple(joined(self.path, getattr(row, "audio_filepath", "")) for row in self.rows)

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


class ChangedClip(BadAudio):
    """A clip of this workspace's store that is another than was made."""


def read_if_there(path: Path, model: type[Row]) -> Manifest[Row] | None:
    """Read a manifest, None without one; a link that leads nowhere is a fault like any other."""
    return read_manifest(path, model) if os.path.lexists(path) else None


def read_manifest(path: Path, model: type[Row], *, audio: bool = True) -> Manifest[Row]:
    """Read a manifest and, by default, every clip it names.

    Raises InvalidInput with every fault, in the order of lines.
    """
    try:
        if not path.is_file():
            found = "is no regular file" if path.exists() else "does not exist"
            raise InvalidInput([Fault(f"expected a manifest; {path} {found}", path.name)])
        content = read_regular(path, LINES_BYTES)
    except OSError as error:
        raise InvalidInput([Fault(f"expected a manifest; {path}: {error}", path.name)]) from None
    sha256 = hashlib.sha256(content).hexdigest()
    if audio and (unchanged := _unchanged(path, model, sha256)):
        return unchanged
    rows, row_faults = _checked_rows(content, path.name, model)
    paths, path_faults = _audio_paths(path, rows)
    faults = [*row_faults, *path_faults, *duplicate_faults(paths, path.name, rows)]
    facts: dict[int, AudioFacts] = {}
    if audio:
        facts, audio_faults = _read_clips(path.name, rows, paths)
        faults += audio_faults
    if faults:
        raise InvalidInput(sorted(faults, key=lambda fault: fault.line or 0))
    manifest = Manifest(
        path=path,
        sha256=sha256,
        rows=tuple(rows.values()),
        lines=tuple(rows),
        clips=tuple(paths.values()),
        audio=tuple(facts.values()),
    )
    stamps = [_known[str(clip)][0] for clip in manifest.clips if str(clip) in _known]
    if audio and len(stamps) == len(manifest.clips):
        _read_before[path, model] = manifest, stamps
    return manifest


def _unchanged(path: Path, model: type[Row], sha256: str) -> Manifest[Row] | None:
    """Return what this process read of a manifest, where it and each of its clips are as they were."""
    manifest, stamps = _read_before.get((path, model), (None, []))
    if manifest is None or manifest.sha256 != sha256:
        return None
    with suppress(OSError):
        if [file_stamp(clip) for clip in manifest.named_clips] == stamps:
            return manifest
    return None


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
            paths[line] = resolved(joined(manifest, name), folders)
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
        if isinstance(found, ChangedClip):
            sentence = f"{found}: put it back, or remove {name} and make it again"
            faults.append(Fault(sentence, name, line, "audio_filepath", "changed clips"))
            continue
        if isinstance(found, BadAudio):
            sentence, kind = str(found), str(found).replace(str(path), "")
            faults.append(Fault(sentence, name, line, "audio_filepath", kind))
            continue
        facts[line] = found
        written_for = getattr(rows[line], "audio_sha256", None)
        if written_for not in (None, found.sha256):
            sentence = f"expected the clip of this row by its sha256; {path} was changed since: put it back"
            faults.append(Fault(sentence, name, line, "audio_sha256", "changed clips"))
        fault = duration_fault(name, line, getattr(rows[line], "duration", None), found)
        faults += [fault] if fault else []
    return facts, faults


def joined(manifest: Path, audio_filepath: str) -> str:
    """Return the path of a row's clip as NeMo reads it: against the manifest's folder."""
    return os.path.join(_folder(manifest), audio_filepath)  # noqa: PTH118 (five times as fast)


@lru_cache(maxsize=64)
def _folder(file: Path) -> str:
    return os.fspath(file.parent)


def resolved(named: str, folders: dict[str, Path]) -> Path:
    """Follow the links in the path of a clip; `folders` keeps each that was resolved, for the next.

    Raises OSError, ValueError or RuntimeError for what is no path of a file.
    """
    folder, name = os.path.split(named)
    if folder not in folders:
        folders[folder] = Path(folder).resolve()
    with suppress(OSError, ValueError):
        try:
            plain = stat.S_ISREG(os.lstat(named).st_mode)
        except FileNotFoundError:
            plain = name not in ("", ".", "..")
        if plain:
            return folders[folder] / name
    return Path(named).resolve()  # a link, or a folder


def read_clips(paths: Sequence[Path]) -> list[AudioFacts | BadAudio]:
    """Return the facts of each clip, or why it cannot be used; known clips are not read."""
    found = [_known_facts(path) for path in paths]
    if None not in found:
        return [facts for facts in found if facts is not None]
    read = _read_all([path for path, facts in zip(paths, found, strict=True) if facts is None])
    return [next(read) if facts is None else facts for facts in found]


def _read_all(paths: Sequence[Path]) -> Iterator[AudioFacts | BadAudio]:
    """Read clips in order, by several threads from where the disk lets one wait.

    Where it does not, threads take three times as long: they wait for each other.
    """
    blocks = [paths[start : start + BLOCK] for start in range(0, len(paths), BLOCK)]
    for number, block in enumerate(blocks, start=1):
        began, worked = time.perf_counter(), time.thread_time()
        yield from _read_block(block)
        waited = time.perf_counter() - began - (time.thread_time() - worked)
        if waited > WAIT_SECONDS * len(block):
            with ThreadPoolExecutor(WORKERS) as pool:
                yield from chain.from_iterable(pool.map(_read_block, blocks[number:]))
            return


def _known_facts(path: Path) -> AudioFacts | None:
    """Return the known facts of a clip, if it is unchanged."""
    stamp, facts = _known.get(str(path), (None, None))
    if stamp is not None:
        with suppress(OSError):
            return facts if file_stamp(path) == stamp else None
    return None


def _read_block(paths: Sequence[Path]) -> list[AudioFacts | BadAudio]:
    return [_read(path) for path in paths]


def _read(path: Path) -> AudioFacts | BadAudio:
    began = time.time_ns()
    try:
        stamp = _stamp_of(path)
        facts = read_wav(path)
        if is_changed(path, facts.sha256):
            raise ChangedClip(f"expected the clip as it was made; {path} was changed since")
    except BadAudio as error:
        return error
    if stamp is not None and stamp == _stamp_of(path) and is_stable(stamp, began):
        _known[str(path)] = stamp, facts
    return facts


def _stamp_of(path: Path) -> Stamp | None:
    with suppress(OSError, ValueError):  # reading it raises the reason
        return file_stamp(path)
    return None


def is_stable(stamp: Stamp, now_ns: int) -> bool:
    """Whether any later change of a file would change its stamp.

    >>> second = 1_000_000_000
    >>> is_stable((1, 5 * second, 5 * second, 7), 8 * second)
    True
    >>> is_stable((1, 5 * second, 6 * second, 7), 8 * second)
    False
    """
    _size, modified, changed, _inode = stamp
    return max(modified, changed) < now_ns - TICK_NS


def recall_clips(root: Path) -> None:
    """Learn what earlier runs found in the clips of a workspace; a damaged memory is no memory.

    Those of the workspace before are let go: a sweep passes through many.
    """
    if root not in _recalled:
        _forget()
        _recalled[root] = None
    with suppress(OSError, ValueError, ValidationError):
        stamp = file_stamp(root / MEMORY)
        if _recalled[root] == stamp:
            return
        lines = TypeAdapter(dict[str, Line]).validate_json(
            read_regular(root / MEMORY, LINES_BYTES), strict=True
        )
        for name, (size, modified, changed, inode, seconds, sha256) in lines.items():
            known = (size, modified, changed, inode), AudioFacts(seconds, sha256)
            _known.setdefault(f"{root}{os.sep}{name}", known)
        _recalled[root] = stamp


def remember_clips(root: Path) -> None:
    """Write down what is known of the clips below a workspace, if there is anything new."""
    recall_clips(root)
    inside = f"{root}{os.sep}"
    lines: dict[str, Line] = {
        path.removeprefix(inside): (*stamp, facts.seconds, facts.sha256)
        for path, (stamp, facts) in sorted(_known.items())
        if path.startswith(inside)
    }
    content = json.dumps(lines, ensure_ascii=False).encode()
    with suppress(OSError, UnicodeError):  # nothing depends on it
        if not (root / MEMORY).is_file() or read_regular(root / MEMORY, LINES_BYTES) != content:
            write_atomic(root / MEMORY, content)


def forget_clips(root: Path) -> None:
    """Let every clip of a workspace be read again."""
    (root / MEMORY).unlink(missing_ok=True)
    _forget()


def _forget() -> None:
    for memory in (_known, _recalled, _read_before):
        memory.clear()
