"""Only what nothing needs is removed: no clip of a manifest, no model, nothing while a cycle runs."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tasks.clean import CLIPS, HALF_WRITTEN, WORK, remove_unneeded, unneeded_files
from tasks.domain.errors import CycleBusy, DamagedFile, InvalidInput
from tasks.records.files import link_atomic
from tasks.workspace.audio import clip_store
from tasks.workspace.locks import locked

DEAD = f"{2**22 + 1}@{socket.gethostname()}.partial"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a clip that a cycle has, one of general.jsonl, and one that nobody names."""
    store = clip_store(tmp_path)
    for name in ("a1", "b2", "c3"):
        store.keep(name, name.encode() * 500, "s")
    (tmp_path / "cycle1/audio").mkdir(parents=True)
    link_atomic(store.clip("a1"), tmp_path / "cycle1/audio/a.wav")
    write(tmp_path / "cycle1/manifest.jsonl", "audio/a.wav")
    write(tmp_path / "general.jsonl", str(store.clip("b2").relative_to(tmp_path)))
    (tmp_path / f".ledger.jsonl.{DEAD}").write_text("half")
    (tmp_path / f".champion.json.{os.getpid()}@{socket.gethostname()}.partial").write_text("now")
    for run in ("ended", "begun"):
        (tmp_path / f"cycle1/models/{run}/work").mkdir(parents=True)
        (tmp_path / f"cycle1/models/{run}/work/last.ckpt").write_bytes(bytes(100))
    (tmp_path / "cycle1/models/ended/training_run_info.json").write_text("{}")
    return tmp_path


def write(manifest: Path, clip: str) -> None:
    manifest.write_text(json.dumps({"audio_filepath": clip}) + "\n")


def files(root: Path) -> set[str]:
    paths = [path for path in root.rglob("*") if path.is_file() and ".locks" not in path.parts]
    return {str(path.relative_to(root)) for path in paths}


def test_what_would_be_removed_is_counted_and_nothing_is_changed(root: Path) -> None:
    before = files(root)
    found = {(one.kind, one.path.name, one.size_bytes) for one in unneeded_files(root)}
    assert found == {
        (CLIPS, "c3.wav", 1000), (HALF_WRITTEN, f".ledger.jsonl.{DEAD}", 4), (WORK, "work", 100),
    }  # fmt: skip
    assert files(root) == before
    assert not (root / ".locks").exists()


def test_a_clip_of_a_manifest_and_the_work_of_a_begun_fine_tune_stay(root: Path) -> None:
    before = files(root)
    remove_unneeded(root)
    assert before - files(root) == {
        "clips/c3/c3.wav", f".ledger.jsonl.{DEAD}", "cycle1/models/ended/work/last.ckpt",
    }  # fmt: skip
    assert unneeded_files(root) == []


def test_a_replay_manifest_elsewhere_keeps_its_clips(root: Path) -> None:
    (root / "sets").mkdir()
    write(root / "sets/replay.jsonl", "../clips/c3/c3.wav")
    assert CLIPS in {one.kind for one in unneeded_files(root)}
    (root / "flywheel.yaml").write_text("replay: {manifest: sets/replay.jsonl}\n")
    assert CLIPS not in {one.kind for one in unneeded_files(root)}


def test_nothing_is_removed_while_a_cycle_runs_or_a_manifest_cannot_be_read(root: Path) -> None:
    before = files(root)
    with locked(root, "cycle1"), pytest.raises(CycleBusy):
        remove_unneeded(root)
    (root / "general.jsonl").write_text('{"audio_filepath": \n')
    with pytest.raises(DamagedFile, match="the clips that it names are not known"):
        remove_unneeded(root)
    assert files(root) == before
    with pytest.raises(InvalidInput, match="--workspace: expected a folder"):
        unneeded_files(root / "no")
