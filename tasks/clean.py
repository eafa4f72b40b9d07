"""Find the files of a workspace that nothing needs any more, and remove them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tasks.domain.errors import Fault, InvalidInput
from tasks.records.files import damaged
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.workspace.audio import CLIP_FOLDER
from tasks.workspace.ledger import LEDGER_FILE
from tasks.workspace.locks import is_being_written, locked
from tasks.workspace.open import POLICY_FILE, read_policy

CLIPS = "clips that no manifest names; one is made again where it is asked for"
HALF_WRITTEN = "files that a killed command left half-written"
WORK = "folders of fine-tunes that ended"
KINDS = (CLIPS, HALF_WRITTEN, WORK)
PUT_BACK = "put back a copy of it: the clips that it names are not known"


@dataclass(frozen=True)
class Unneeded:
    """A file or folder that may be removed, why, and the bytes that this frees."""

    path: Path
    kind: str
    size_bytes: int


def unneeded_files(root: Path) -> list[Unneeded]:
    """Find what may be removed from a workspace; change nothing.

    Models, records, reports and decodings stay, as do clips that a manifest of the workspace names and
    those that another folder holds too, whose removal would free nothing. Raises InvalidInput where
    there is no folder, DamagedFile for a manifest that cannot be read.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    root = root.resolve()
    return [*_unused_clips(root), *_half_written(root), *_ended_work(root)]


def remove_unneeded(root: Path) -> list[Unneeded]:
    """Remove it, while no cycle and no build runs; return what was removed. Raises CycleBusy."""
    unneeded_files(root)  # nothing is written where there is no workspace, or a manifest is damaged
    names = [path.name for path in sorted(root.glob("cycle*")) if path.is_dir()]
    with ExitStack() as locks:
        for name in (*names, "general"):
            locks.enter_context(locked(root, name, wait=False))
        found = unneeded_files(root)
        for one in found:
            if one.path.is_dir():
                shutil.rmtree(one.path)
            else:
                one.path.unlink()
    return found


def _unused_clips(root: Path) -> Iterator[Unneeded]:
    named = {path for manifest in _manifests(root) for path in _clips_of(manifest)}
    for path in sorted((root / CLIP_FOLDER).glob("*/*.wav")):
        status = path.lstat()
        if status.st_nlink == 1 and path not in named:
            yield Unneeded(path, CLIPS, status.st_size)


def _manifests(root: Path) -> set[Path]:
    """Find every file that may name clips of the workspace."""
    found = {*root.glob("*.jsonl"), *root.glob("cycle*/manifest.jsonl")} - {root / LEDGER_FILE}
    replay = read_policy(root / POLICY_FILE).replay
    if replay and (root / replay.manifest).is_file():
        found.add(root / replay.manifest)
    return found


def _clips_of(manifest: Path) -> Iterator[Path]:
    try:
        lines = read_regular(manifest, LINES_BYTES).decode("utf-8-sig").split("\n")
        names = [json.loads(line)["audio_filepath"] for line in lines if line.strip()]
        yield from (Path(os.path.realpath(manifest.parent / name)) for name in names)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(manifest, error, PUT_BACK) from None


def _half_written(root: Path) -> Iterator[Unneeded]:
    for folder in (root, *sorted(root.glob("cycle*"))):
        pattern = "*" if folder == root else "**/*"
        for path in sorted(folder.glob(pattern)):
            ours = path.name.startswith(".") and path.suffix == ".partial" and path.is_file()
            if ours and not is_being_written(path):
                yield Unneeded(path, HALF_WRITTEN, path.lstat().st_size)


def _ended_work(root: Path) -> Iterator[Unneeded]:
    for record in sorted(root.glob("cycle*/models/**/training_run_info.json")):
        work = record.with_name("work")
        if work.is_dir() and not work.is_symlink():
            files = [path for path in work.rglob("*") if path.is_file()]
            yield Unneeded(work, WORK, sum(path.lstat().st_size for path in files))
