"""Rows of the cycle before stay as they are, and a new clip lies under its term and identity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.benchmark.build_rows import carried_clip_faults, carry_rows, place_row
from tasks.domain.manifest import ClinicalRow
from tasks.records.files import read_jsonl
from tasks.workspace.audio import wav_bytes
from tasks.workspace.manifests import read_manifest

FIELDS = {
    "text": "Check hemoglobin A1c.", "term": "Hemoglobin A1c", "entity_category": "lab",
    "ipa_source": "espeak_g2p", "voice_id": "espeak:en-us", "noise_level": "clean",
    "context_type": "order",
}  # fmt: skip


def test_rows_are_carried_to_the_byte_and_their_clips_lie_beside_them(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"term": "aspirin", "text": "take aspirin", "more": "of mine"}])
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    rows = carry_rows(before, root / "cycle2")
    assert list(rows.values()) == read_jsonl(root / "cycle1/manifest.jsonl")
    clip = rows[0]["audio_filepath"]
    assert (root / "cycle2" / clip).read_bytes() == (root / "cycle1" / clip).read_bytes()
    assert carry_rows(None, root / "cycle2") == {}


def test_rows_that_are_left_behind_have_no_clip_there(workspace: Callable[..., Path]) -> None:
    root = workspace([{"text": f"start metoprolol {number}"} for number in range(3)])
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    assert list(carry_rows(before, root / "cycle2", without={1})) == [0, 2]
    assert not (root / "cycle2" / before.rows[1].audio_filepath).exists()


def test_a_clip_of_a_carried_row_that_is_another_by_now_is_linked_again(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"text": f"start metoprolol {number}"} for number in range(3)])
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    carry_rows(before, root / "cycle2")
    (root / "cycle2/manifest.jsonl").write_text("of the clips that were there")
    clip = before.rows[1].audio_filepath
    (root / "cycle1" / clip).unlink()
    (root / "cycle1" / clip).write_bytes(wav_bytes(np.full(16_000, 0.25, dtype=np.float32)))
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    carry_rows(before, root / "cycle2")
    assert (root / "cycle2" / clip).read_bytes() == (root / "cycle1" / clip).read_bytes()
    assert not (root / "cycle2/manifest.jsonl").exists()  # which a kill would leave beside it


def test_rows_whose_clips_are_the_same_leave_the_manifest_that_is_there(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"text": "start metoprolol"}])
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    carry_rows(before, root / "cycle2")
    (root / "cycle2/manifest.jsonl").write_text("as it was")
    carry_rows(before, root / "cycle2")
    assert (root / "cycle2/manifest.jsonl").read_text() == "as it was"


def test_a_path_that_leads_to_another_clip_from_another_cycle_is_refused(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    root = workspace([{"text": "start metoprolol"}])
    elsewhere = tmp_path / "disk" / "cycle1"
    elsewhere.parent.mkdir()
    (root / "cycle1").rename(elsewhere)
    (root / "cycle1").symlink_to(elsewhere)
    manifest = elsewhere / "manifest.jsonl"
    name = read_jsonl(manifest)[0]["audio_filepath"]
    (elsewhere / name).rename(elsewhere.parent / "clip.wav")
    manifest.write_text(manifest.read_text().replace(name, "../clip.wav"))
    before = read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    (fault,) = carried_clip_faults(before, root / "cycle2")
    assert "expected a path that is the same clip from every cycle" in fault.sentence
    assert carried_clip_faults(None, root / "cycle2") == []


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("Hemoglobin A1c", "hemoglobin-a1c"),
        ('q/d "x" 😀', "qd-x"),
        ("阿司匹林", "term"),
        ("x" * 99, "x" * 40),
    ],
)
def test_a_clip_is_named_by_its_term_in_plain_letters(tmp_path: Path, term: str, name: str) -> None:
    clip = tmp_path / f"{'0' * 64}.wav"
    clip.write_bytes(wav_bytes(np.zeros(8_000, dtype=np.float32)))
    row = place_row(FIELDS | {"term": term}, clip, tmp_path / "cycle1")
    assert (row["audio_filepath"], row["duration"]) == (f"audio/{name}_{'0' * 16}.wav", 0.5)
    assert (tmp_path / "cycle1" / row["audio_filepath"]).is_file()
