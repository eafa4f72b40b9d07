"""A clip is kept by what made it, and so is why a take is not used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tasks.workspace.audio import wav_bytes
from tasks.workspace.clips import clip_store

FIRST, SECOND = "ab" * 32, "ac" * 32
SOUND = wav_bytes(np.full(8_000, 0.5, dtype=np.float32))


def test_a_clip_that_was_kept_is_there_and_another_is_not(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    assert (store.has(FIRST), store.has(SECOND)) == (True, False)
    assert store.clip(FIRST).read_bytes() == SOUND
    assert (store.speech_sha256(FIRST), store.speech_sha256(SECOND)) == ("cd" * 32, "")
    assert store.faults(FIRST) == ()


def test_the_faults_of_a_take_are_remembered(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    assert store.faults(FIRST) == ()
    store.refuse(FIRST, ("the clip is silent",))
    assert clip_store(tmp_path).faults(FIRST) == ("the clip is silent",)
    assert not store.has(FIRST)


@pytest.mark.parametrize(
    "changed",
    [SOUND[:-100], SOUND[:-1] + b"!", b"", SOUND + SOUND, b"no audio"],
    ids=["cut", "edited", "emptied", "joined", "foreign"],
)
def test_a_clip_that_was_changed_where_it_lies_is_there_no_more(
    tmp_path: Path, changed: bytes
) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    store.clip(FIRST).write_bytes(changed)
    assert not store.has(FIRST)
    store.keep(FIRST, SOUND, "cd" * 32)
    assert store.has(FIRST)


@pytest.mark.parametrize(
    "note", ["", "{", "[]", '{"faults": 5}', '{"clip_sha256": 1}', '{"faults": [2]}', "\udcff"]
)
def test_a_clip_whose_note_is_damaged_is_made_again_and_ends_no_build(
    tmp_path: Path, note: str
) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    path = store.clip(FIRST).with_suffix(".json")
    path.write_bytes(note.encode("utf-8", "surrogateescape"))
    assert (store.has(FIRST), store.faults(FIRST), store.speech_sha256(FIRST)) == (False, (), "")


def test_a_clip_of_a_store_without_digests_is_used_if_it_is_audio(tmp_path: Path) -> None:
    store = clip_store(tmp_path)
    store.keep(FIRST, SOUND, "cd" * 32)
    store.clip(FIRST).with_suffix(".json").write_text('{"speech_sha256": "cd"}\n')
    assert store.has(FIRST)
    store.clip(FIRST).write_bytes(SOUND[:-100])
    assert not store.has(FIRST)
