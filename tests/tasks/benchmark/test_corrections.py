"""Corrections are read line by line, and a line that holds more than a term is refused by its shape."""

from __future__ import annotations

import json

import pytest

from tasks.benchmark.corrections import Correction, WordLists, read_corrections
from tasks.benchmark.suggested_file import given_names, medical_words, ordinary_words
from tasks.domain.errors import InvalidInput

WORDS = WordLists(medical_words(), given_names(), ordinary_words())


def read(*lines: str, head: str = "heard,meant") -> tuple[list[Correction], dict[int, str]]:
    text = "".join(f"{line}\n" for line in (head, *lines))
    taken, refused = read_corrections(text, "c.csv", WORDS)
    return taken, {one.line: one.reason for one in refused}


@pytest.mark.parametrize(
    "line",
    [
        "met oh pro lol,metoprolol",
        "give a tor va statin 20 mg,give atorvastatin 20 mg",
        "vitamin bee 12,vitamin B12",
        "he moglobin a one c,HbA1c",
        "tile a null,Tylenol",
        "crones disease,Crohn's Disease",
        "atrial fib relation,Atrial Fibrillation",
        "five f you,5-FU",
        "ali rock you mab,alirocumab",
        "may be it is,maybe",
        "Give met a pro lol,Give metoprolol",
        "Parkinsons diseases,Parkinson's disease",
        "car vedi lol 0.125 mg,carvedilol 0.125 mg",
    ],
)
def test_a_term_and_its_transcript_are_a_correction(line: str) -> None:
    taken, refused = read(line)
    assert refused == {}
    assert [(one.line, one.transcript, one.meant) for one in taken] == [(2, *line.split(","))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("met oh pro lol for Mr Adams,metoprolol", "a title"),
        ("patient has a pixaban,apixaban", "a title"),
        ("john smith,warfarin", "a given name"),
        ("ali rock you mab for ali,warfarin", "a given name"),
        ("smith,Quentin Okafor", "two capitalized words"),
        ("met a pro lol for Hargreaves,metoprolol for Hargreaves", "a capitalized word beside"),
        ("a pixaban E. Okafor,apixaban", "two capitalized words"),
        ("war farin 12/03/1961,warfarin", "a date"),
        ("war farin 2024-01-31,warfarin", "a date"),
        ("on march third,warfarin", "a date"),
        ("war farin,warfarin 3 Jan", "a date"),
        ("monday war farin,warfarin", "a date"),
        ("ref 4471902,warfarin", "4 digits"),
        ("943 476 5919,warfarin", "4 digits"),
        ("four four seven one nine oh two,warfarin", "4 digits"),
        ("nineteen sixty two,warfarin", "4 digits"),
        ("aged 67,warfarin", "an age"),
        ("67 year old,warfarin", "an age"),
        ("mrn b7,warfarin", "a title, or the label of a record"),
        ("a@b.org,warfarin", "a sign that no term has"),
        ("=cmd(),warfarin", "a sign that no term has"),
        ("1,2", "expected words in both columns"),
        (",warfarin", "expected words in both columns"),
        ("a,b c d e f g h i j", "longer than a term"),
        (f"a,{'b' * 130}", "longer than a term"),
        ("a,b,c,d,e", "expected plain text in its columns"),
    ],
)
def test_a_line_with_more_than_a_term_is_refused_with_a_reason_that_repeats_nothing(
    line: str, reason: str
) -> None:
    taken, refused = read(line, "met a prolol,metoprolol")
    assert [one.line for one in taken] == [3]
    assert refused.keys() == {2}
    assert reason in refused[2]
    answer = refused[2].lower().split()
    assert not [
        word for word in line.lower().replace(",", " ").split() if len(word) > 3 and word in answer
    ]


def test_counts_are_whole_numbers_and_dates_are_read_and_not_kept() -> None:
    lines = [
        "a x,warfarin,3,2026-01-31",
        "b x,warfarin,,",
        "c x,warfarin,0,",
        "d x,warfarin,2,31st",
    ]
    taken, refused = read(*lines, head="heard,meant,count,date")
    assert [(one.line, one.count) for one in taken] == [(2, 3), (3, 1)]
    assert "2026" not in repr(taken)
    assert refused == {
        4: "expected a whole number as count", 5: "expected a date such as 2026-01-31",
    }  # fmt: skip


def test_json_lines_are_read_alike_and_a_key_too_many_refuses_its_line() -> None:
    rows: list[object] = [
        {"heard": "war farin", "meant": "warfarin", "count": 2, "date": None},
        {"heard": "war farin", "meant": "warfarin", "patient": "Q. Okafor"},
        {"heard": "war farin"},
        {"heard": 1, "meant": "warfarin"},
        ["warfarin"],
    ]
    text = "\ufeff" + "".join(f"{json.dumps(row)}\n" for row in rows) + "{broken\n\n"
    taken, refused = read_corrections(text, "c.jsonl", WORDS)
    assert [(one.line, one.count) for one in taken] == [(1, 2)]
    assert [one.line for one in refused] == [2, 3, 4, 5, 6]
    assert "Okafor" not in repr(refused)


@pytest.mark.parametrize(
    "head",
    ["war farin,warfarin", "heard,meant,patient", "heard", "heard,meant,meant", 'heard,"meant'],
)
def test_a_file_of_other_columns_is_refused_whole_and_its_first_line_is_not_repeated(
    head: str,
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read("a x,warfarin", head=head)
    assert str(refused.value) == (
        "c.csv:1: expected the columns heard,meant[,count,date] and no others, named in the first line"
    )
