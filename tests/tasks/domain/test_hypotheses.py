"""Hypotheses are read in the formats of the field, and a note names what was guessed."""

import json

import pytest

from tasks.domain.errors import InvalidInput
from tasks.domain.hypotheses import format_of, read_hypotheses


def rows_of(content: str, name: str) -> dict[str, str]:
    file = read_hypotheses(content.encode(), name)
    assert not file.faults
    return {row.audio_filepath: row.hyp for row in file.rows.values()}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", '{"id": "1", "hyp": "no pain"}\n{"id": "2", "hyp": ""}\n'),
        ("a.json", '[{"id": 1, "hypothesis": "no pain"}, {"id": 2, "hypothesis": ""}]'),
        ("a.csv", "id,hyp\n1,no pain\n2,\n"),
        ("a.csv", "\ufeffsep=;\r\nID;Hypothesis\r\n;\r\n1;no pain\r\n2;\r\n;\r\n"),
        ("a.tsv", "utt_id\ttext-pred\n1\tno pain\n2\t\n"),
        ("a.txt", "duration|file|pred_text\n1.0|1|no pain\n1.0|2|\n"),
        ("a.trn", ";; of one system\nno pain (1)\n(2)\n"),
        ("per_sample.json", "no pain (1)\n(2)\n"),
    ],
)
def test_one_hypothesis_a_row_is_read_from_every_format(name: str, content: str) -> None:
    assert rows_of(content, name) == {"1": "no pain", "2": ""}


def test_words_of_a_ctm_are_joined_in_the_order_of_their_times() -> None:
    ctm = ";; NIST\n1 A 0.50 0.20 pain 0.9\n2 A 0.0 0.3 yes\n1 A 0.10 0.30 no 0.8\n"
    file = read_hypotheses(ctm.encode(), "per_sample.json")
    assert [(n, row.audio_filepath, row.hyp) for n, row in file.rows.items()] == [
        (2, "1", "no pain"),
        (3, "2", "yes"),
    ]
    assert file.leaves_out_empty


def test_a_note_names_which_names_were_taken_unless_they_are_the_usual_ones() -> None:
    usual = json.dumps({"audio_filepath": "1.wav", "hyp": "so", "pred_text": "no"})
    assert read_hypotheses(usual.encode(), "a.jsonl").note == ""
    other = json.dumps({"id": "1", "pred_text": "no", "hypothesis": "so", "text": "what"})
    file = read_hypotheses(other.encode(), "a.jsonl")
    assert file.note == "a.jsonl: transcripts read from 'hypothesis', rows by 'id'"
    assert (file.rows[1].hyp, file.rows[1].ref) == ("so", "what")
    assert read_hypotheses(b"file,hyp\n1,so\n", "a.csv").note == (
        "a.csv: transcripts read from column 'hyp', rows by 'file'"
    )
    assert read_hypotheses(b"so (1)", "a.trn").note == "a.trn: read as TRN"


def test_the_names_are_those_of_all_rows_so_a_row_without_them_is_a_fault() -> None:
    lines = '{"id": "1"}\n{"id": "2", "pred_text": "so"}\n{"id": "3", "pred_text": null}\n7\n'
    file = read_hypotheses(lines.encode(), "a.jsonl")
    assert [str(fault) for fault in file.faults] == [
        "a.jsonl:1: pred_text: expected a value; the field is missing",
        "a.jsonl:3: pred_text: expected a transcript, an empty text where nothing was recognized; "
        "got null",
        "a.jsonl:4: expected a JSON object; got int",
    ]


def test_a_quoted_cell_may_have_lines_and_a_row_counts_by_its_first() -> None:
    table = 'file,hyp\n1.wav,"no\npain"\n2.wav,so\n'
    rows = read_hypotheses(table.encode(), "a.csv").rows
    assert {number: row.hyp for number, row in rows.items()} == {2: "no\npain", 4: "so"}


def test_a_reference_is_compared_only_where_a_table_has_one() -> None:
    rows = read_hypotheses(b"file,hyp,ref\n1,so,\n2,so,so then\n", "a.csv").rows
    assert [row.ref for row in rows.values()] == [None, "so then"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", b" \n", "a.jsonl: expected one JSON object a line; the file is empty"),
        ("a.json", b"[]", "a.json: expected one JSON object a line; the array is empty"),
        ("a.csv", b"file,text\n1,so\n", "a.csv:1: expected a column with transcripts (hyp, hypothesis, "
         "pred_text, text_pred) and one with clips (audio_filepath, file, id); got file, text"),
        ("a.csv", b"file,hyp\n1,caf\xe9\n", "a.csv:2: expected UTF-8; byte 14 of the file is not: save "
         "it as UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_has_no_hypotheses_is_one_sentence(
    name: str, content: bytes, sentence: str
) -> None:
    with pytest.raises(InvalidInput) as raised:
        read_hypotheses(content, name)
    assert str(raised.value) == sentence


def test_a_row_that_does_not_fit_its_format_is_a_fault_with_its_line() -> None:
    faults = [
        *read_hypotheses(b"file,hyp\n1,so,then\n", "a.csv").faults,
        *read_hypotheses(b"so (1)\nso\n", "a.trn").faults,
        *read_hypotheses(b"1 A 0 1 so\n1 A so\n", "a.ctm").faults,
    ]
    assert [str(fault) for fault in faults] == [
        "a.csv:2: expected 2 cells, as in the first line; got 3",
        "a.trn:2: expected words and, at the end, (id); got 'so'",
        "a.ctm:2: expected file, channel, start, duration and word; got '1 A so'",
    ]


def test_what_no_first_line_tells_is_read_as_json() -> None:
    assert format_of(b"so it goes\n", "per_sample.json") == "json"
    assert format_of(b"a,b\n1,2\n", "hyps.txt") == "json"
