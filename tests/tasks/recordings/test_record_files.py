"""A take becomes a clip and a row behind the rows that are there, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from tasks.domain.errors import DamagedFile, InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.recordings.record import FAULTS, Script
from tasks.recordings.record_files import (
    Agreement,
    SpeakerPosted,
    accepted_rows,
    add_agreement,
    keep_take,
    known_sentences,
    read_posted,
    read_speakers,
)
from tasks.workspace.lineage import sentence_ids
from tasks.workspace.manifests import read_manifest
from tests.flows.test_commands import contents
from tests.kills import killed_before_each_change
from tests.tasks.conftest import TrainedCycle
from tests.tasks.recordings.takes import AT, NURSE, OTHER, SCRIPT, keep_other, take


def keep(
    root: Path, script: Script = SCRIPT, wav: bytes = take(), speaker: str = "nurse-1"
) -> None:
    keep_take(root, script, speaker, wav, AT)


def test_a_take_is_a_clip_and_a_row_that_a_cycle_reads(tmp_path: Path) -> None:
    keep(tmp_path)
    sha256 = hashlib.sha256(take()).hexdigest()
    (line,) = (tmp_path / "acceptance.jsonl").read_text().splitlines()
    name = f"recordings/nurse-1/{sha256[:16]}.wav"
    assert json.loads(line) == {
        "audio_filepath": name, "duration": 4.4, "text": "Give timolol now.", "voice_id": "nurse-1",
        "speaker": "nurse-1", "source": "recorded", "audio_sha256": sha256, "term": "timolol",
        "entity_category": "drug", "ipa_source": "override", "noise_level": "clean",
        "context_type": "order", "accepted": ["Timoptol"], "recorded_at": AT,
    }  # fmt: skip
    assert (tmp_path / name).read_bytes() == take()
    assert read_manifest(tmp_path / "acceptance.jsonl", ClinicalRow).audio[0].sha256 == sha256


@pytest.mark.parametrize("ending", ["\n", ""])
def test_rows_that_are_there_stay_as_they_are(tmp_path: Path, ending: str) -> None:
    keep(tmp_path)
    path = tmp_path / "acceptance.jsonl"
    spoken = path.read_text().replace('"speaker": "nurse-1"', '"more":  [1]').strip() + ending
    path.write_text(spoken)
    keep(tmp_path, OTHER, take(pitch=300))
    before, after = path.read_text().splitlines()
    assert before == spoken.strip()
    assert json.loads(after)["text"] == OTHER.text


def test_the_same_take_again_changes_nothing(tmp_path: Path) -> None:
    keep(tmp_path)
    before = contents(tmp_path)
    keep_take(tmp_path, SCRIPT, "nurse-1", take(), "2030-01-01T00:00:00+00:00")
    assert contents(tmp_path) == before


def test_nothing_is_overwritten_and_a_recording_is_of_one_sentence(tmp_path: Path) -> None:
    keep(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(InvalidInput, match="this one is recorded"):
        keep(tmp_path, wav=take(pitch=300))
    with pytest.raises(InvalidInput, match="that of another sentence"):
        keep(tmp_path, OTHER)
    assert contents(tmp_path) == before
    keep(tmp_path, wav=take(pitch=300), speaker="nurse-2")
    assert [row.speaker for row in accepted_rows(tmp_path)] == ["nurse-1", "nurse-2"]


@pytest.mark.parametrize(
    ("wav", "sentence"),
    [
        (b"", "expected audio; the recording is empty"),
        (b"OggS" + bytes(100), "expected a WAV file; the recording holds Ogg"),
        (b"\x00\x01 no sound at all", "expected a WAV file; the recording"),
        (take()[:-100], "samples, as in its header"),
        (take().replace(b"\x80\x3e\x00\x00", b"\x40\x1f\x00\x00", 1), "the recording has 8000 Hz"),
        (take(loudness=0.001), FAULTS["silent"]),
        (take(loudness=3.0), FAULTS["clipped"]),
        (take(seconds=0.2), FAULTS["short"]),
    ],
)
def test_what_is_no_fit_recording_is_refused_and_nothing_is_written(
    tmp_path: Path, wav: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as error:
        keep(tmp_path, wav=wav)
    assert sentence in str(error.value)
    assert contents(tmp_path) == {}


def test_a_recording_that_was_changed_since_is_named_by_its_row(tmp_path: Path) -> None:
    keep(tmp_path)
    (clip,) = tmp_path.glob("recordings/*/*.wav")
    clip.write_bytes(take(pitch=300))
    with pytest.raises(InvalidInput, match=r"acceptance.jsonl:1: audio_sha256: .* put it back"):
        read_manifest(tmp_path / "acceptance.jsonl", ClinicalRow)


@pytest.mark.slow
def test_a_kill_before_any_change_leaves_whole_files_and_the_same_again_the_same_bytes(
    tmp_path: Path,
) -> None:
    root, undisturbed = tmp_path / "w", tmp_path / "undisturbed"
    for folder in (root, undisturbed):
        folder.mkdir()
        keep(folder)
    keep_other(undisturbed)
    expected = {
        path.removeprefix(str(undisturbed)): one for path, one in contents(undisturbed).items()
    }
    changes = 0
    for _ in killed_before_each_change(root, keep_other):
        found = {path.removeprefix(str(root)): one for path, one in contents(root).items()}
        assert found == expected
        changes += 1
    assert changes > 6


def test_a_speaker_agrees_once_to_a_text_and_again_to_another(tmp_path: Path) -> None:
    assert add_agreement(tmp_path, NURSE) == NURSE
    later = Agreement(text="I agree", at="2030-01-01T00:00:00+00:00")
    assert add_agreement(tmp_path, NURSE.model_copy(update={"agreements": (later,)})) == NURSE
    other = Agreement(text="I agree to more", at=later.at)
    found = add_agreement(
        tmp_path, NURSE.model_copy(update={"accent": "none", "agreements": (other,)})
    )
    assert (found.accent, found.agreements) == ("Scots", (*NURSE.agreements, other))
    add_agreement(tmp_path, NURSE.model_copy(update={"name": "nurse-2"}))
    assert [one.name for one in read_speakers(tmp_path).speakers] == ["nurse-1", "nurse-2"]
    assert read_speakers(tmp_path).find("nurse-1") == found
    assert not found.agreed("I agree to something else")


def test_a_pseudonym_in_other_capitals_is_refused(tmp_path: Path) -> None:
    add_agreement(tmp_path, NURSE)
    with pytest.raises(InvalidInput, match="taken in other capitals"):
        add_agreement(tmp_path, NURSE.model_copy(update={"name": "Nurse-1"}))


def test_a_damaged_file_of_speakers_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings/speakers.json").write_text("{")
    with pytest.raises(DamagedFile, match="let each speaker agree again"):
        read_speakers(tmp_path)


def test_sentences_of_every_benchmark_replay_and_trained_model_are_known(
    trained: TrainedCycle,
) -> None:
    cycle = trained([{"text": f"start metoprolol {number}"} for number in range(3)])
    root = cycle.root
    (split,) = root.glob("cycle1/models/*/split.json")
    record = json.loads(split.read_text()) | {"trained_sentences": [min(sentence_ids("long ago"))]}
    split.write_text(json.dumps(record))
    (root / "replay.jsonl").write_text('{"audio_filepath": "x.wav", "text": "good morning"}\n')
    known = known_sentences(root, None)
    for text in ("Start Metoprolol 2.", "good morning", "long ago"):
        assert sentence_ids(text) & known, text
    assert not sentence_ids("stop metoprolol") & known
    elsewhere = known_sentences(root.parent / "none", split.with_name("adapted_model.nemo"))
    assert min(sentence_ids("long ago")) in elsewhere


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"name": "Ana Bell"}, "name: expected a pseudonym"),
        ({"name": "a", "age_band": "7"}, "age_band: "),
        ({"name": "a", "more": 1}, "more: "),
        ({}, "name: "),
        (None, "valid dictionary"),
        ([], "valid dictionary"),
    ],
)
def test_what_a_page_does_not_post_is_refused_and_not_repeated(body: object, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence) as error:
        read_posted(SpeakerPosted, body)
    assert "Ana" not in str(error.value)
