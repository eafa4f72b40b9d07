"""Clips are read once while they stand, and a changed clip is never taken for the old one."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.manifest import AudioFacts
from tasks.workspace import clip_memory
from tasks.workspace.audio import BadAudio
from tasks.workspace.clip_memory import (
    BLOCK,
    FILE,
    TICK_NS,
    _known,
    forget_clips,
    read_clips,
    recall_clips,
    remember_clips,
)

Tone = Callable[..., None]
Settle = Callable[[], None]


@pytest.fixture(autouse=True)
def _nothing_known(tmp_path: Path) -> None:
    forget_clips(tmp_path)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file as one that changed long ago."""
    monkeypatch.setattr(clip_memory, "TICK_NS", -TICK_NS)


def facts_of(path: Path) -> AudioFacts:
    (found,) = read_clips([path])
    assert isinstance(found, AudioFacts)
    return found


def start_anew(root: Path) -> None:
    """Do as a new process does: it knows what the workspace remembers."""
    memory = (root / FILE).read_bytes()
    forget_clips(root)
    (root / FILE).write_bytes(memory)
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


@pytest.mark.usefixtures("settled")
def test_the_clips_of_one_workspace_at_a_time_are_held_in_memory(
    tmp_path: Path, tone: Tone
) -> None:
    roots = [tmp_path / name for name in "abc"]
    for root in roots:
        tone(root / "a.wav")
        recall_clips(root)
        facts_of(root / "a.wav")
    assert [*_known] == [str(roots[-1] / "a.wav")]


@pytest.mark.usefixtures("settled")
def test_a_clip_that_stands_is_read_once_in_a_workspace(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is first
    remember_clips(tmp_path)
    start_anew(tmp_path)
    known = facts_of(tmp_path / "a.wav")
    assert known == first
    assert facts_of(tmp_path / "a.wav") is known


@pytest.mark.usefixtures("settled")
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
        start_anew(tmp_path)
        after = facts_of(clip)
        assert after.sha256 != before.sha256
        before = after
        remember_clips(tmp_path)


def test_a_clip_that_has_just_changed_is_not_remembered(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_memory, "TICK_NS", 3600 * 10**9)  # however long this test takes
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is not first
    remember_clips(tmp_path)
    assert (tmp_path / FILE).read_text() == "{}"


def test_a_clip_is_remembered_once_it_has_stood_for_a_while(
    tmp_path: Path, tone: Tone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_memory, "TICK_NS", 50_000_000)
    tone(tmp_path / "a.wav")
    time.sleep(0.1)
    first = facts_of(tmp_path / "a.wav")
    assert facts_of(tmp_path / "a.wav") is first


@pytest.mark.usefixtures("settled")
def test_what_is_forgotten_is_read_again(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    first = facts_of(tmp_path / "a.wav")
    remember_clips(tmp_path)
    forget_clips(tmp_path)
    assert not (tmp_path / FILE).exists()
    assert facts_of(tmp_path / "a.wav") is not first


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("memory", ["", "[]", '{"a.wav": [1, 2]}', '{"a.wav": "x"}', "\xff"])
def test_a_damaged_memory_is_no_memory(tmp_path: Path, tone: Tone, memory: str) -> None:
    tone(tmp_path / "a.wav")
    (tmp_path / FILE).write_text(memory, encoding="latin-1")
    recall_clips(tmp_path)
    assert facts_of(tmp_path / "a.wav").seconds == 1.0
    remember_clips(tmp_path)
    assert "a.wav" in (tmp_path / FILE).read_text()


@pytest.mark.usefixtures("settled")
def test_a_memory_with_nothing_new_is_left_as_it_is(tmp_path: Path, tone: Tone) -> None:
    tone(tmp_path / "a.wav")
    facts_of(tmp_path / "a.wav")
    remember_clips(tmp_path)
    before = (tmp_path / FILE).stat()
    start_anew(tmp_path)
    times = (tmp_path / FILE).stat()
    remember_clips(tmp_path)
    assert (tmp_path / FILE).stat() == times
    assert before.st_size == times.st_size
