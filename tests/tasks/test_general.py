"""A workspace without general speech is given some; what a person made is left as it is."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from tasks.acceptance import make_acceptance
from tasks.domain.errors import DiskFailed, InvalidInput
from tasks.domain.manifest import GeneralRow
from tasks.general import GUARD, REPLAY, make_general
from tasks.workspace.manifests import ACCEPTANCE, read_manifest


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_both_sets_are_what_a_cycle_reads_apart_in_sentences_and_voices(tmp_path: Path) -> None:
    made = make_general(tmp_path, (), guard=12, replay=6)
    sets = [read_manifest(tmp_path / name, GeneralRow).rows for name in (GUARD, REPLAY)]
    assert made.made == {GUARD: len(sets[0]), REPLAY: len(sets[1])} == {GUARD: 12, REPLAY: 6}
    for field in ("text", "voice_id", "audio_filepath"):
        first, second = ({getattr(row, field) for row in one} for one in sets)
        assert first.isdisjoint(second), field
    assert len({row.voice_id for row in sets[0]}) >= 5
    assert {row["noise_level"] for row in rows(tmp_path / GUARD)} == {"clean", "snr_15db"}


def test_a_second_run_makes_nothing_and_a_lost_set_is_written_from_its_clips(
    tmp_path: Path,
) -> None:
    make_general(tmp_path, (), guard=3, replay=3)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.wav")}
    content = (tmp_path / GUARD).read_bytes()
    again = make_general(tmp_path, (), guard=3, replay=3)
    assert (again.made, again.unchanged) == ({}, (GUARD, REPLAY))
    (tmp_path / GUARD).unlink()
    (tmp_path / REPLAY).unlink()
    make_general(tmp_path, (), guard=3, replay=3)
    assert (tmp_path / GUARD).read_bytes() == content
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.wav")} == before


def test_a_set_that_is_unchanged_is_kept_and_its_sentences_are_used_nowhere_else(
    tmp_path: Path,
) -> None:
    make_general(tmp_path, (), guard=2, replay=0)
    own = (tmp_path / GUARD).read_bytes()
    texts = [row["text"] for row in rows(tmp_path / GUARD)]
    file = tmp_path / "mine.txt"
    file.write_text(" ".join([*texts, "The ferry leaves at half past nine."]))
    made = make_general(tmp_path, (file,), guard=2, replay=1)
    assert (made.made, made.unchanged) == ({REPLAY: 1}, (GUARD,))
    assert (tmp_path / GUARD).read_bytes() == own
    assert [row["text"] for row in rows(tmp_path / REPLAY)] == [
        "The ferry leaves at half past nine."
    ]


def test_sentences_with_a_term_of_the_workspace_are_not_spoken(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    (tmp_path / "mine.txt").write_text("She put timolol on the table. The dog ran down the road.")
    make_general(tmp_path, (tmp_path / "mine.txt",), guard=1, replay=0)
    assert [row["text"] for row in rows(tmp_path / GUARD)] == ["The dog ran down the road."]


def test_a_byte_order_mark_of_a_text_is_no_part_of_its_first_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("The dog ran down the road.", encoding="utf-8-sig")
    make_general(tmp_path, (tmp_path / "mine.txt",), guard=1, replay=0)
    assert [row["text"] for row in rows(tmp_path / GUARD)] == ["The dog ran down the road."]


def test_too_few_sentences_and_files_that_are_none_are_faults(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("The dog ran down the road.")
    with pytest.raises(InvalidInput, match="expected 3 sentences; got 1"):
        make_general(tmp_path, (tmp_path / "mine.txt",), guard=2, replay=1)
    with pytest.raises(InvalidInput, match="--text: expected a text file"):
        make_general(tmp_path, (tmp_path / "no.txt",), guard=2, replay=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_no_sentence_of_the_acceptance_rows_is_spoken(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    make_acceptance(tmp_path, 1)
    (accepted,) = rows(tmp_path / ACCEPTANCE)
    (tmp_path / "terms.csv").write_text("term,entity_category\nheparin,drug\n")
    file = tmp_path / "mine.txt"
    file.write_text(f"{accepted['text']} The ferry leaves at half past nine.")
    make_general(tmp_path, (file,), guard=0, replay=1)
    assert rows(tmp_path / REPLAY)[0]["text"] == "The ferry leaves at half past nine."


def test_killed_between_its_sets_the_same_command_makes_the_set_that_is_missing(
    tmp_path: Path,
) -> None:
    make_general(tmp_path, (), guard=4, replay=3)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    (tmp_path / REPLAY).unlink()
    left = [
        tmp_path / f".{REPLAY}.999999999@{socket.gethostname()}.partial",
        next((tmp_path / "clips").iterdir()) / f".x.wav.999999999@{socket.gethostname()}.partial",
    ]
    for partial in left:
        partial.write_bytes(b"half")
    made = make_general(tmp_path, (), guard=4, replay=3)
    assert (made.made, made.unchanged) == ({REPLAY: 3}, (GUARD,))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_text_with_control_characters_is_refused_by_its_lines(tmp_path: Path) -> None:
    text = "The dog ran down the road.\nThe cat\0 sat on the mat.\nA \a bell rang in here.\n"
    (tmp_path / "mine.txt").write_text(text)
    with pytest.raises(InvalidInput) as refused:
        make_general(tmp_path, (tmp_path / "mine.txt",), guard=1, replay=0)
    assert str(refused.value).splitlines() == [
        "mine.txt:2: expected plain text; got '\\x00' in it",
        "mine.txt:3: expected plain text; got '\\x07' in it",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_disk_that_takes_no_lock_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".locks").write_text("no folder")
    with pytest.raises(DiskFailed, match=rf"^general: {tmp_path}/\.locks: File exists$"):
        make_general(tmp_path, (), guard=1, replay=0)


def test_a_clip_of_a_set_that_was_edited_is_a_fault_and_a_new_set_has_it_as_it_was(
    tmp_path: Path,
) -> None:
    make_general(tmp_path, (), guard=3, replay=0)
    clip = tmp_path / rows(tmp_path / GUARD)[1]["audio_filepath"]
    before = clip.read_bytes()
    clip.write_bytes(before[:8_000] + bytes(2_000) + before[10_000:])
    with pytest.raises(InvalidInput) as refused:
        read_manifest(tmp_path / GUARD, GeneralRow)
    (fault,) = refused.value.faults
    assert (fault.line, f"{clip} was changed since" in fault.sentence) == (2, True)
    (tmp_path / GUARD).unlink()
    make_general(tmp_path, (), guard=3, replay=0)
    assert clip.read_bytes() == before
    read_manifest(tmp_path / GUARD, GeneralRow)
