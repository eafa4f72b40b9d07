"""Of a manifest only the text changes, and rows given are rows used and rows refused."""

from __future__ import annotations

import json
import string

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.jobs import AudioRow
from tasks.records.spelled import (
    SplitSpelling,
    spell_rows,
    spellable,
    spelling_record,
    spelling_sentences,
)

LETTERS = Alphabet(frozenset(string.ascii_lowercase))
ROWS = [
    AudioRow("/a/0.wav", 1.0, "Give 5 mg."),
    AudioRow("/a/1.wav", 2.0, "the 中 lung"),
    AudioRow("/a/2.wav", 3.0, "lung"),
]


def test_a_row_keeps_its_clip_and_duration_and_one_that_cannot_be_written_is_left_out() -> None:
    spelled = spell_rows(ROWS, LETTERS)
    assert spelled.rows == [
        AudioRow("/a/0.wav", 1.0, "give five milligrams"),
        AudioRow("/a/2.wav", 3.0, "lung"),
    ]
    lines = [json.loads(line) for line in spelled.manifest.splitlines()]
    assert lines == [row.manifest_line() for row in spelled.rows]


def test_the_record_names_each_row_that_is_left_out_with_its_reason() -> None:
    record = spell_rows(ROWS, LETTERS).record
    assert (record.rows, record.rewritten) == (3, 1)
    assert record.by_kind == {"case": 1, "punctuation": 1, "numbers": 1}
    assert [(row.audio_filepath, row.reason) for row in record.refused] == [
        ("/a/1.wav", "the base cannot write '中'")
    ]
    assert record.rows == len(spell_rows(ROWS, LETTERS).rows) + len(record.refused)


def test_positions_of_rows_that_can_be_written_are_kept_in_order() -> None:
    assert spellable([2, 1, 0], ROWS, LETTERS) == (2, 0)
    assert spellable([2, 1, 0], ROWS, UnknownAlphabet("no tokenizer")) == (2, 1, 0)


def test_the_sentences_for_the_log_have_counts_and_no_transcript() -> None:
    spelled, none = spell_rows(ROWS, LETTERS), spell_rows([], LETTERS)
    sentences = spelling_sentences(spelling_record("26 characters", spelled, none, spelled))
    assert list(sentences) == ["training", "validation"]
    assert sentences["training"] == (
        "1 of 3 rows are trained in the alphabet of the base (1 in lower case, 1 without some "
        "punctuation, 1 with numbers in words); 1 of them are left out: the base cannot write them"
    )
    assert spelling_sentences(SplitSpelling()) == {}
