"""Which format a file has, and where the recordings are that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.domain.errors import InvalidInput
from tasks.recordings.inputs import Choices, Inputs, read_inputs
from tests.corpora import CORPORA, TEXTS, nemo, textgrid, trn, write_recording


def inputs_of(*files: Path) -> Inputs:
    return read_inputs(files, Choices())


def recordings_of(inputs: Inputs) -> list[str]:
    return [
        str(inputs.recording_of(one, transcripts))
        for transcripts in inputs.transcripts
        for one in transcripts.utterances
    ]


@pytest.mark.parametrize("name", CORPORA)
def test_every_format_is_known_by_its_name_and_names_recordings_that_are_there(
    tmp_path: Path, name: str
) -> None:
    inputs = inputs_of(*CORPORA[name](tmp_path))
    (transcripts,) = inputs.transcripts
    words = " ".join(one.text.lower() for one in transcripts.utterances)
    assert all(text in words for text in TEXTS)
    assert all(Path(path).is_file() for path in recordings_of(inputs))


def test_a_json_array_is_read_as_json_lines_are(tmp_path: Path) -> None:
    (path,) = nemo(tmp_path)
    array = tmp_path / "rows.json"
    array.write_text(f"[{','.join(path.read_text().splitlines())}]")
    one, other = (inputs_of(file).transcripts[0].utterances for file in (path, array))
    assert [row.text for row in one] == [row.text for row in other]


def test_a_folder_gives_its_timed_transcripts_and_its_recordings(tmp_path: Path) -> None:
    textgrid(tmp_path / "one")
    trn(tmp_path / "two")
    inputs = inputs_of(tmp_path)
    assert [one.format for one in inputs.transcripts] == ["textgrid", "trn"]
    assert len(inputs.recordings) == 5
    nemo(tmp_path / "three")
    assert [one.format for one in inputs_of(tmp_path / "three").transcripts] == ["manifest"]


def test_a_table_is_parted_by_what_parts_its_head(tmp_path: Path) -> None:
    for number, mark in enumerate(",;\t|"):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"audio{mark}text\na.wav{mark}take it\n")
        (utterance,) = inputs_of(path).transcripts[0].utterances
        assert (utterance.audio, utterance.text) == ("a.wav", "take it")


def test_two_recordings_of_one_name_are_a_fault_and_one_beside_the_rows_goes_before_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "rows.trn").write_text("take it (a)\n")
    for name in ("x/a.wav", "y/a.flac"):
        write_recording(tmp_path / name)
    inputs = inputs_of(tmp_path / "rows.trn", tmp_path / "x", tmp_path / "y")
    with pytest.raises(InvalidInput, match=r"rows\.trn:1: expected one recording of this name"):
        recordings_of(inputs)
    (tmp_path / "rows.csv").write_text("audio,text\nx/a.wav,take it\n")
    inputs = inputs_of(tmp_path / "rows.csv", tmp_path / "y")
    assert recordings_of(inputs) == [str(tmp_path / "x/a.wav")]


@pytest.mark.parametrize("audio", ["no.wav", "no", "a\x00b", "a" * 300])
def test_a_recording_that_is_not_there_is_a_fault_with_its_line(tmp_path: Path, audio: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"audio": "' + audio.replace("\x00", "\\u0000") + '", "text": "take it"}\n')
    with pytest.raises(InvalidInput, match=r"rows\.jsonl:1: expected .*recording"):
        recordings_of(inputs_of(path))


def test_every_file_that_cannot_be_read_is_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_text("hello")
    (tmp_path / "latin.csv").write_bytes("audio,text\na.wav,na\u00efve\n".encode("latin-1"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "kaldi").mkdir()
    (tmp_path / "kaldi/text").write_text("u1 take it\n")
    files = [tmp_path / name for name in ("a.docx", "latin.csv", "empty", "kaldi", "no.csv")]
    with pytest.raises(InvalidInput) as refused:
        inputs_of(*files)
    assert [fault.file for fault in refused.value.faults] == [path.name for path in files]
    assert "latin.csv:2: it is not UTF-8" in str(refused.value)
    assert "kaldi: expected wav.scp and text; it has no wav.scp" in str(refused.value)


def test_recordings_alone_are_no_input(tmp_path: Path) -> None:
    write_recording(tmp_path / "a.wav")
    with pytest.raises(InvalidInput, match="expected transcripts beside the recordings"):
        inputs_of(tmp_path)
