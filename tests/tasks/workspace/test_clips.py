"""A clip is kept by what made it, and so is why a take is not used."""

from __future__ import annotations

from pathlib import Path

from tasks.workspace.clips import clip_store

FIRST, SECOND = "ab" * 32, "ac" * 32


def test_a_clip_that_was_kept_is_there_and_another_is_not(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, b"sound", "cd" * 32)
    assert (store.has(FIRST), store.has(SECOND)) == (True, False)
    assert store.clip(FIRST).read_bytes() == b"sound"
    assert (store.speech_sha256(FIRST), store.speech_sha256(SECOND)) == ("cd" * 32, "")
    assert store.faults(FIRST) == ()


def test_the_faults_of_a_take_are_remembered(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    assert store.faults(FIRST) == ()
    store.refuse(FIRST, ("the clip is silent",))
    assert clip_store(tmp_path).faults(FIRST) == ("the clip is silent",)
    assert not store.has(FIRST)
