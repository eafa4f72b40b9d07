"""Which file receives rows, and which rows it must not have twice or share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import AudioFacts
from tasks.recordings.audio import Cut, Recording
from tasks.recordings.planned import Plan, PlannedClip
from tasks.recordings.rows import PlannedRows
from tasks.recordings.target import find_target, is_open, new_rows
from tasks.recordings.utterances import Utterance
from tests.conftest import FIELDS, write_workspace
from tests.tones import write_tone

RECORDING = Recording(Path("/x/Visit 1.wav"), "r", 9.0, 16_000, 1, "WAV PCM_16")


def clip(start: float, *rows: dict[str, Any]) -> PlannedClip:
    utterance = Utterance("a.csv", round(start), "a.wav", "")
    return PlannedClip(PlannedRows(utterance, rows), Cut(RECORDING, start, start + 1))


def row(term: str, text: str = "take it", voice: str = "ana") -> dict[str, Any]:
    return {"term": term, "text": text, "voice_id": voice}


def added(root: Path, kind: Any, *clips: PlannedClip) -> tuple[list[str], dict[str, str]]:
    """The terms of the rows that are new, and the reasons of the clips that are not."""
    facts = {one.cut.identity: AudioFacts(1.0, f"sha {one.cut.start}") for one in clips}
    rows, _, refused = new_rows(find_target(root, kind, None), Plan(clips, ()), facts)
    return [one.get("term", "") for one in rows], dict(refused)


def test_a_benchmark_goes_to_the_first_cycle_and_behind_one_that_others_made(
    tmp_path: Path,
) -> None:
    assert find_target(tmp_path, "benchmark", None).number == 1
    root = write_workspace(tmp_path / "w", [{}])
    target = find_target(root, "benchmark", None)
    assert (target.number, target.own, len(target.before[0].rows)) == (2, None, 1)
    assert not is_open(root, 1)
    with pytest.raises(
        InvalidInput, match="--cycle: expected a cycle without rows, or with imported"
    ):
        find_target(root, "benchmark", 1)
    assert find_target(root, "benchmark", 5).before == ()


def test_another_set_has_no_cycle(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--cycle: expected --as benchmark; got replay"):
        find_target(tmp_path, "replay", 2)


def test_a_clip_and_its_term_are_added_once_and_with_one_text_and_voice(tmp_path: Path) -> None:
    clips = (clip(1, row("Warfarin"), row("aspirin"), row("warfarin")), clip(2, row("warfarin")))
    assert added(tmp_path, "benchmark", *clips) == (["Warfarin", "aspirin", "warfarin"], {})
    same = [
        clip(1, row("x")),
        clip(1, row("x")),
        clip(1, row("y", "other")),
        clip(1, row("y", voice="b")),
    ]
    facts = {same[0].cut.identity: AudioFacts(1.0, "sha")}
    target = find_target(tmp_path, "benchmark", None)
    rows, used, refusals = new_rows(target, Plan(tuple(same), ()), facts)
    assert (len(rows), len(used)) == (1, 1)
    assert [reason for _, reason in refusals] == [
        "its clip and term are there already",
        *["its clip is there already, with other words or another voice"] * 2,
    ]
    assert rows[0]["audio_filepath"].startswith("audio/visit-1_")


def test_guard_and_replay_share_neither_clips_nor_sentences(tmp_path: Path) -> None:
    write_tone(tmp_path / "a.wav")
    line = {"audio_filepath": "a.wav", "text": "Good morning."}
    (tmp_path / "general.jsonl").write_text(json.dumps(line) + "\n")
    spoken = [clip(1, {"text": "good morning"}), clip(2, {"text": "good evening"})]
    terms, refused = added(tmp_path, "replay", *spoken)
    assert (len(terms), list(refused)) == (1, ["a.csv:1"])
    assert refused["a.csv:1"].startswith("its clip or its sentence is in general.jsonl")


def test_acceptance_rows_have_other_sentences_or_voices_than_the_benchmark(tmp_path: Path) -> None:
    root = write_workspace(tmp_path / "w", [{"voice_id": "ana"}])
    text, term = FIELDS["text"], FIELDS["term"]
    spoken = [clip(1, row(term, text, "ana")), clip(2, row(term, text, "ben"))]
    terms, refused = added(root, "acceptance", *spoken)
    assert (terms, list(refused)) == ([term], ["a.csv:1"])
    assert "its sentence in this voice, is in manifest.jsonl" in refused["a.csv:1"]
