"""A manifest is read whole, once, with the facts of its clips."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import AudioFacts, ClinicalRow, GeneralRow
from tasks.workspace import manifests
from tasks.workspace.audio import BadAudio, read_wav
from tasks.workspace.manifests import (
    BLOCK,
    MEMORY,
    TICK_NS,
    Manifest,
    _known,
    forget_clips,
    read_clips,
    read_manifest,
    recall_clips,
    remember_clips,
)

Workspace = Callable[..., Path]
Tone = Callable[..., None]
Stabilize = Callable[[], None]


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


@pytest.fixture(autouse=True)
def _nothing_known(tmp_path: Path) -> None:
    forget_clips(tmp_path)


@pytest.fixture
def stable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file as one that changed long ago."""
    monkeypatch.setattr(manifests, "TICK_NS", -TICK_NS)


def facts_of(path: Path) -> AudioFacts:
    (found,) = read_clips([path])
    assert isinstance(found, AudioFacts)
    return found


def restart(root: Path) -> None:
    """Do as a new process does: it knows what the workspace remembers."""
    memory = (root / MEMORY).read_bytes()
    forget_clips(root)
    (root / MEMORY).write_bytes(memory)
    recall_clips(root)


def rewrite(path: Path, content: bytes, times: os.stat_result) -> None:
    """Change a file in place and put its modification time back."""
    path.write_bytes(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_facts_come_in_the_order_of_the_clips_faults_among_them(tmp_path: Path, tone: Tone) -> None:
    count = 2 * BLOCK + 3
    paths = [tmp_path / f"{number}.wav" for number in range(count)]
    for number, path in enumerate(paths):
        tone(path, seconds=0.1 + number / 1000)
    bad = BLOCK + 7
    paths[bad].write_bytes(b"")
    found = read_clips(paths)
    assert isinstance(found[bad], BadAudio)
    assert [one.seconds for one in found if isinstance(one, AudioFacts)] == pytest.approx(
        [0.1 + number / 1000 for number in range(count) if number != bad], abs=0.0001
    )


def test_clips_on_a_disk_that_waits_are_read_by_several_threads_in_the_same_order(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{number}.wav" for number in range(2 * BLOCK + 3)]
    for number, path in enumerate(paths):
        tone(path, seconds=0.1 + number / 1000)
    at_once = read_clips(paths)
    forget_clips(tmp_path)
    readers: set[int] = set()

    def slowly(path: Path) -> AudioFacts:
        readers.add(threading.get_ident())
        time.sleep(2 * manifests.WAIT_SECONDS)
        return read_wav(path)

    monkeypatch.setattr(manifests, "read_wav", slowly)
    assert read_clips(paths) == at_once
    assert len(readers) > 1, "the first block by one, the rest by others"


@pytest.mark.usefixtures("stable")
def test_a_manifest_is_read_again_only_where_it_or_a_clip_of_it_changed(
    workspace: Workspace,
) -> None:
    root = workspace([{"voice_id": "a"}, {"voice_id": "b"}])
    path = root / "cycle1/manifest.jsonl"
    clips = sorted((root / "cycle1/audio").iterdir())

    def read() -> Manifest[ClinicalRow]:
        return read_manifest(path, ClinicalRow)

    first = read()
    assert read() is first

    rewrite(clips[0], clips[0].read_bytes()[:-2] + b"ab", clips[0].stat())
    after_clip = read()
    assert after_clip.audio[0] != first.audio[0]
    assert after_clip.audio[1] == first.audio[1]
    assert read() is after_clip

    kept = clips[1].rename(root / "elsewhere.wav")
    clips[1].symlink_to(kept)
    linked = read()
    assert linked.audio == after_clip.audio
    assert linked.clips[1] == kept

    clips[1].unlink()
    with pytest.raises(InvalidInput, match="No such file"):
        read()
    clips[1].symlink_to(kept)

    path.write_text(path.read_text().replace('"a"', '"c"'))
    assert read().rows[0].voice_id == "c"


@pytest.mark.usefixtures("stable")
def test_the_clips_of_one_workspace_at_a_time_are_held_in_memory(
    tmp_path: Path, tone: Tone
) -> None:
    roots = [tmp_path / name for name in "abc"]
    for root in roots:
        tone(root / "a.wav")
        recall_clips(root)
        facts_of(root / "a.wav")
    assert [*_known] == [str(roots[-1] / "a.wav")]


@pytest.mark.usefixtures("stable")
def test_a_clip_that_is_unchanged_is_read_once_in_a_workspace(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is first
    remember_clips(tmp_path)
    restart(tmp_path)
    known = facts_of(tmp_path / "a.wav")
    assert known == first
    assert facts_of(tmp_path / "a.wav") is known


@pytest.mark.usefixtures("stable")
def test_a_clip_that_was_replaced_or_changed_in_place_is_read_again(
    tmp_path: Path, tone: Tone
) -> None:
    clip, other = tmp_path / "a.wav", tmp_path / "b.wav"
    tone(clip)
    tone(other)
    before, times = facts_of(clip), clip.stat()
    remember_clips(tmp_path)
    for change in (
        lambda: os.replace(shutil.copy2(other, tmp_path / "c.wav"), clip),
        lambda: rewrite(clip, other.read_bytes()[:-2] + b"\1\1", times),
    ):
        time.sleep(0.02)  # more than a tick of this disk's clock
        change()
        restart(tmp_path)
        after = facts_of(clip)
        assert after.sha256 != before.sha256
        before = after
        remember_clips(tmp_path)


def test_a_clip_that_has_just_changed_is_not_remembered(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "TICK_NS", 3600 * 10**9)  # however long this test takes
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is not first
    remember_clips(tmp_path)
    assert (tmp_path / MEMORY).read_text() == "{}"


def test_a_clip_is_remembered_once_it_is_unchanged_for_a_while(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifests, "TICK_NS", 50_000_000)
    tone(tmp_path / "a.wav")
    time.sleep(0.1)
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is first


@pytest.mark.usefixtures("stable")
def test_what_is_forgotten_is_read_again(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    remember_clips(tmp_path)
    forget_clips(tmp_path)
    assert not (tmp_path / MEMORY).exists()
    assert facts_of(tmp_path / "a.wav") is not first


@pytest.mark.usefixtures("stable")
@pytest.mark.parametrize("memory", ["", "[]", '{"a.wav": [1, 2]}', '{"a.wav": "x"}', "\xff"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, tone: Tone, memory: str) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / MEMORY).write_text(memory, encoding="latin-1")
    recall_clips(tmp_path)
    assert facts_of(tmp_path / "a.wav").seconds == 1.0
    remember_clips(tmp_path)
    assert "a.wav" in (tmp_path / MEMORY).read_text()


@pytest.mark.usefixtures("stable")
def test_a_memory_with_nothing_new_is_left_as_it_is(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    facts_of(tmp_path / "a.wav")
    remember_clips(tmp_path)
    before = (tmp_path / MEMORY).stat()
    restart(tmp_path)
    times = (tmp_path / MEMORY).stat()
    remember_clips(tmp_path)
    assert (tmp_path / MEMORY).stat() == times
    assert before.st_size == times.st_size
