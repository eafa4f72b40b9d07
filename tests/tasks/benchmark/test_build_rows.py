"""Rows of the cycle before stay as they are, and a new clip lies under its term and identity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tasks.benchmark.build_rows import (
    asked_for_harder,
    carried_clip_faults,
    carry_rows,
    latest_cycle,
    long_names,
    place_row,
    read_acceptance,
    read_before,
    terms_of,
    voices_added,
    was_hardened,
)
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.records.files import read_jsonl
from tasks.workspace.audio import wav_bytes
from tasks.workspace.manifests import read_manifest
from tests.tasks.orchestration.conftest import write_gate

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


def test_the_manifest_before_is_read_and_its_faults_are_found(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{"term": "aspirin", "text": "take aspirin"}])
    assert read_before(root, 1) is None
    before = read_before(root, 2)
    assert before is not None
    assert [row.term for row in before.rows] == ["aspirin"]
    before.path.write_text("{}\n")
    with pytest.raises(InvalidInput):
        read_before(root, 2)


def test_the_gate_of_the_cycle_before_asks_for_harder_speech(
    workspace: Callable[..., Path],
) -> None:
    root = workspace([{}])
    write_gate(root, "harden")
    assert [asked_for_harder(root, number) for number in (1, 2, 3)] == [False, True, False]
    assert [was_hardened(root, number) for number in (1, 2, 3)] == [False, True, True]


def test_voices_are_kept_where_the_benchmark_was_made_harder(
    workspace: Callable[..., Path], row: Callable[..., ClinicalRow]
) -> None:
    root, rows = workspace([{}]), [row(voice_id="espeak:en-us+f3")]
    assert voices_added(root, 3, rows) == frozenset()
    write_gate(root, "harden")
    assert voices_added(root, 3, rows) == {"espeak:en-us+f3"}


def test_a_workspace_without_acceptance_rows_has_none(workspace: Callable[..., Path]) -> None:
    root = workspace([{}])
    assert read_acceptance(root) is None
    (root / "acceptance.jsonl").write_text("{}\n")
    with pytest.raises(InvalidInput):
        read_acceptance(root)


def test_acceptance_rows_that_a_link_leads_to_nowhere_are_a_fault_and_not_absent(
    tmp_path: Path,
) -> None:
    (tmp_path / "acceptance.jsonl").symlink_to(tmp_path / "gone")
    with pytest.raises(InvalidInput, match="does not exist"):
        read_acceptance(tmp_path)


def test_the_latest_cycle_is_the_last_that_something_was_decided_or_made_for(
    workspace: Callable[..., Path], tmp_path: Path
) -> None:
    assert latest_cycle(tmp_path / "none") == 1
    root = workspace([{}])
    (root / "cycle12").mkdir()
    assert latest_cycle(root) == 1
    (root / "cycle12/audition.json").touch()
    assert latest_cycle(root) == 12


def test_terms_of_rows_are_given_as_they_are_listed(
    row: Callable[..., ClinicalRow],
) -> None:
    listed = [Term("Aspirin", "drug", "ˈæspɹɪn"), Term("heparin", "drug")]
    rows = [
        row(term="aspirin", voice_id="espeak:en-us"),
        row(term="aspirin", voice_id="espeak:en-gb"),
        row(term="warfarin", voice_id="espeak:en-us"),
        row(term="heparin", voice_id="nurse-1"),
    ]
    assert terms_of(rows, listed, ["espeak"]) == [
        listed[0], listed[0], Term("warfarin", "drug"), None,
    ]  # fmt: skip


def test_terms_and_voices_without_end_are_faults_of_their_line(
    workspace: Callable[..., Path],
) -> None:
    term = "o" * 1001
    root = workspace([{}, {"term": term, "text": f"take {term}"}, {"voice_id": "v" * 2000}])
    assert list(map(str, long_names(read_before(root, 2)))) == [
        "cycle1/manifest.jsonl:2: term: expected at most 1,000 characters; got 1,001",
        "cycle1/manifest.jsonl:3: voice_id: expected at most 1,000 characters; got 2,000",
    ]
    assert long_names(None) == []
