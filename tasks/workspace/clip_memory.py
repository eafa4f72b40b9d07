"""What the clips of a workspace hold, read once and in parallel, and remembered while they stand.

A clip is known by its size, times and inode. One that changed moments before it was read is not
remembered: within one tick of the disk's clock a second change would leave all of these as they are.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tasks.domain.manifest import AudioFacts
from tasks.records.files import Stamp, file_stamp, write_atomic
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.audio import BadAudio, read_wav

FILE = ".clips.json"
TICK_NS = 2_000_000_000  # of the coarsest clock that a disk has, FAT's
WORKERS = 8  # they wait for the disk
BLOCK = 100  # clips that a worker takes at once
Line = tuple[int, int, int, int, float, str]  # size, both times, inode, seconds, digest
_known: dict[str, tuple[Stamp, AudioFacts]] = {}
_recalled: dict[Path, Stamp | None] = {}  # the workspace that is known, and its memory's stamp


def read_clips(paths: Sequence[Path]) -> list[AudioFacts | BadAudio]:
    """Give what each clip holds, or why it cannot be used; what is known is not read."""
    found = [_known_facts(path) for path in paths]
    if None not in found:
        return [facts for facts in found if facts is not None]
    unread = [path for path, facts in zip(paths, found, strict=True) if facts is None]
    blocks = [unread[start : start + BLOCK] for start in range(0, len(unread), BLOCK)]
    with ThreadPoolExecutor(WORKERS) as pool:
        read = chain.from_iterable(pool.map(_read_block, blocks))
        return [next(read) if facts is None else facts for facts in found]


def _known_facts(path: Path) -> AudioFacts | None:
    """Give what a clip was found to hold, if it stands unchanged."""
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
    except BadAudio as error:
        return error
    if stamp is not None and stamp == _stamp_of(path) and is_settled(stamp, began):
        _known[str(path)] = stamp, facts
    return facts


def _stamp_of(path: Path) -> Stamp | None:
    with suppress(OSError, ValueError):  # reading it says why
        return file_stamp(path)
    return None


def is_settled(stamp: Stamp, now_ns: int) -> bool:
    """Whether any later change of a file would change its stamp.

    >>> second = 1_000_000_000
    >>> is_settled((1, 5 * second, 5 * second, 7), 8 * second)
    True
    >>> is_settled((1, 5 * second, 6 * second, 7), 8 * second)
    False
    """
    _size, modified, changed, _inode = stamp
    return max(modified, changed) < now_ns - TICK_NS


def recall_clips(root: Path) -> None:
    """Learn what earlier runs found in the clips of a workspace; a damaged memory is no memory.

    Those of the workspace before are let go: a sweep passes through many.
    """
    if root not in _recalled:
        _known.clear()
        _recalled.clear()
        _recalled[root] = None
    with suppress(OSError, ValueError, ValidationError):
        stamp = file_stamp(root / FILE)
        if _recalled[root] == stamp:
            return
        lines = TypeAdapter(dict[str, Line]).validate_json(
            read_regular(root / FILE, LINES_BYTES), strict=True
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
        if not (root / FILE).is_file() or read_regular(root / FILE, LINES_BYTES) != content:
            write_atomic(root / FILE, content)


def forget_clips(root: Path) -> None:
    """Let every clip of a workspace be read again."""
    (root / FILE).unlink(missing_ok=True)
    _known.clear()
    _recalled.clear()
