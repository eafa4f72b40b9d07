"""Which column is what: as named, as guessed, or a sentence that lists the columns there are."""

from __future__ import annotations

import pytest

from tasks.domain.errors import InvalidInput
from tasks.recordings.columns import find_columns, given_columns, read_rows


def test_columns_are_known_by_usual_names_whatever_their_case_and_spaces() -> None:
    row = {"File Name": "a.wav", "TRANSCRIPTION": "hello", "Speaker-ID": "ana", "SNR (dB)": "5"}
    columns = find_columns([row], {"noise_level": "SNR (dB)"}, "a.csv")
    assert columns.of == {
        "audio": "File Name",
        "text": "TRANSCRIPTION",
        "speaker": "Speaker-ID",
        "noise_level": "SNR (dB)",
    }
    assert columns.guessed == {"audio", "text", "speaker"}
    (utterance,), _ = read_rows([(2, row)], columns, "a.csv")
    assert utterance.fields == {"speaker": "ana", "noise_level": "snr_5db"}


def test_recordings_are_the_one_column_whose_cells_end_as_recordings_do() -> None:
    rows = [{"Datei": "a.wav", "Text": "x"}, {"Datei": "b.FLAC", "Text": "y"}]
    assert find_columns(rows, {}, "a.csv").of["audio"] == "Datei"
    with pytest.raises(InvalidInput, match="expected a column with the paths of recordings"):
        find_columns([{"left": "a.wav", "right": "b.wav", "text": "x"}], {}, "a.csv")


def test_a_column_named_source_is_one_where_its_values_are_those_of_rows() -> None:
    row = {"audio": "a.wav", "text": "x", "source": "synthetic"}
    assert "source" in find_columns([row], {}, "a.csv").of
    assert "source" not in find_columns([row, row | {"source": "a website"}], {}, "a.csv").of


def test_a_column_that_is_not_there_is_a_fault_with_those_that_are() -> None:
    with pytest.raises(InvalidInput) as refused:
        find_columns([{"a": "1", "b": "2"}], {"text": "c"}, "a.csv", 1)
    assert str(refused.value) == "a.csv:1: --column: expected one of 'a', 'b'; got 'c'"
    with pytest.raises(InvalidInput) as refused:
        find_columns([{"a": "1.wav", "b": "2"}], {}, "a.csv", 1)
    assert "name it with --column text=COLUMN" in str(refused.value)


def test_a_column_without_a_name_leaves_its_field_out() -> None:
    row = {"audio_filepath": "a.wav", "text": "x", "duration": "3000"}
    columns = find_columns([row], given_columns(["duration="]), "a.csv")
    (utterance,), faults = read_rows([(2, row)], columns, "a.csv")
    assert (utterance.end, faults) == (None, [])


def test_flags_that_name_no_field_are_all_listed() -> None:
    with pytest.raises(InvalidInput) as refused:
        given_columns(["txt=a", "text"])
    assert "got 'txt' (did you mean 'text'?)" in str(refused.value)
    assert "expected FIELD=COLUMN; got 'text'" in str(refused.value)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"audio": "", "text": "x"}, "audio: expected the path of a recording; it is empty"),
        ({"audio": 5, "text": "x"}, "audio: expected text; got 5"),
        ({"audio": "a.wav", "text": 5}, "text: expected text; got 5"),
        ({"audio": "a.wav"}, "text: expected a transcript; the field is missing"),
        ({"audio": "a.wav", "text": "x", "offset": "soon"}, "offset: expected seconds"),
        ({"audio": "a.wav", "text": "x", "duration": 0}, "end: expected an end behind 0 s"),
        ({"audio": "a.wav", "text": "x", "channel": "left"}, "channel: expected a channel"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_fault_with_its_line(
    row: dict[str, object], sentence: str
) -> None:
    usual = {"audio": "b.wav", "text": "y", "offset": 0, "duration": 1, "channel": 1}
    columns = find_columns([usual], {}, "a.jsonl")
    utterances, (fault,) = read_rows([(1, usual), (7, row)], columns, "a.jsonl")
    assert len(utterances) == 1
    assert str(fault).startswith(f"a.jsonl:7: {sentence}")
