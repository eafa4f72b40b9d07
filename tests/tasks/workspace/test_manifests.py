"""A manifest is read whole, once, with the facts of its clips."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.workspace.manifests import read_manifest

Workspace = Callable[..., Path]


def test_rows_lines_and_facts_run_in_parallel(workspace: Workspace) -> None:
    path = (
        workspace([{"text": f"start metoprolol {n}"} for n in range(3)]) / "cycle1/manifest.jsonl"
    )
    manifest = read_manifest(path, ClinicalRow)
    assert manifest.lines == (1, 2, 3)
    assert [row.text[-1] for row in manifest.rows] == ["0", "1", "2"]
    assert [facts.seconds for facts in manifest.audio] == [1.0, 1.0, 1.0]


def test_nemo_gets_absolute_paths_and_the_length_of_the_file(workspace: Workspace) -> None:
    path = workspace([{"duration": None}, {"duration": 1.01}]) / "cycle1/manifest.jsonl"
    first, second = read_manifest(path, ClinicalRow).audio_rows
    assert first.manifest_line() == {
        "audio_filepath": str(path.parent / "audio/0.wav"),
        "duration": 1.0,
        "text": "please start metoprolol today",
    }
    assert second.duration == 1.01  # as declared, within rounding


def test_the_clips_that_were_checked_are_those_that_nemo_gets(workspace: Workspace) -> None:
    path = workspace([{}]) / "cycle1/manifest.jsonl"
    checked = path.parent / "checked"
    (path.parent / "audio").rename(checked)
    (path.parent / "audio").symlink_to(checked)
    manifest = read_manifest(path, ClinicalRow)
    (path.parent / "audio").unlink()
    (path.parent / "audio").symlink_to(path.parent / "others")
    (row,) = manifest.audio_rows
    assert row.audio_filepath == str(checked / "0.wav")


def test_a_line_separator_in_a_text_does_not_end_its_row(workspace: Workspace) -> None:
    root = workspace([{}])
    text = "start metoprolol\N{LINE SEPARATOR}today\N{NEXT LINE}please"
    line = json.dumps({"audio_filepath": "cycle1/audio/0.wav", "text": text}, ensure_ascii=False)
    (root / "general.jsonl").write_text(line + "\n", encoding="utf-8")
    (row,) = read_manifest(root / "general.jsonl", GeneralRow).rows
    assert row.text == text


def test_without_audio_the_clips_are_not_asked_for(workspace: Workspace) -> None:
    root = workspace([{}])
    (root / "cycle1/audio/0.wav").unlink()
    assert read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow, audio=False).audio == ()
    with pytest.raises(
        InvalidInput, match=r"manifest.jsonl:1: audio_filepath: expected a readable"
    ):
        read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)


def test_faults_come_in_the_order_of_lines(workspace: Workspace) -> None:
    root = workspace([{}, {"term": "aspirin"}, {}])
    (root / "cycle1/audio/0.wav").unlink()
    (root / "cycle1/audio/2.wav").write_bytes(b"")
    with pytest.raises(InvalidInput) as raised:
        read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    assert [fault.line for fault in raised.value.faults] == [1, 2, 3]
    assert {fault.file for fault in raised.value.faults} == {"manifest.jsonl"}


def test_a_folder_in_the_place_of_a_manifest_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").mkdir()
    with pytest.raises(InvalidInput, match="is no regular file"):
        read_manifest(tmp_path / "manifest.jsonl", ClinicalRow)


def test_clips_that_are_all_in_the_wrong_place_are_one_sentence(workspace: Workspace) -> None:
    root = workspace([{} for _ in range(6)])
    (root / "cycle1/audio").rename(root / "cycle1/clips")
    with pytest.raises(InvalidInput) as raised:
        read_manifest(root / "cycle1/manifest.jsonl", ClinicalRow)
    assert str(raised.value) == (
        "manifest.jsonl: 6 rows: audio_filepath: expected a readable file; "
        f"{root}/cycle1/audio/0.wav: No such file or directory, first on line 1"
    )
    assert len(raised.value.faults) == 6


def test_a_name_that_is_too_long_for_the_disk_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"expected a manifest; .*File name too long"):
        read_manifest(tmp_path / ("9" * 5000), ClinicalRow)
