"""A table of a person's own is read whole, or each of its faults is named by its line."""

from __future__ import annotations

import pytest

from tasks.benchmark.table import columns_of, count_empty_rows, read_table

NEEDED = ("term", "kind")


def faults_of(text: str) -> list[str]:
    return [str(fault) for fault in read_table(text, "t.csv", NEEDED)[1]]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_table_is_read_whatever_its_line_ends_and_marks(ending: str) -> None:
    text = ending.join(["\ufeffterm, kind ,notes", "a, b\t c ,", "", "d,e", ""])
    lines, faults = read_table(text, "t.csv", NEEDED)
    assert faults == []
    assert [values for _, values in lines] == [
        {"term": "a", "kind": "b c", "notes": ""},
        {"term": "d", "kind": "e", "notes": ""},
    ]


def test_a_value_of_two_lines_is_one_of_words() -> None:
    lines, _ = read_table('term,kind\n"uric\nacid",lab\nx,y\n', "t.csv", NEEDED)
    assert [(number, values["term"]) for number, values in lines] == [(3, "uric acid"), (4, "x")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "t.csv:1: expected the columns term,kind; got ''"),
        (
            "term;kind\na;b\n",
            "t.csv:1: expected the columns term,kind; got 'term;kind', which "
            "semicolons part: save it with commas",
        ),
        ("Term,Kind\na,b\n", "t.csv:1: expected the columns term,kind; got 'Term,Kind'"),
        ("term,kind\na,b\nc,d,e\n", "t.csv:3: expected a value for each column; got more"),
        ("term,kind\na\0b,c\n", "t.csv:2: term: expected plain text; got 'a\\x00b'"),
        (
            'term,kind\n"a,b\nc,d\n',
            "t.csv:2: expected comma-separated values; unexpected end of data",
        ),
        (
            f"term,kind\n{'x' * 200_000},b\n",
            "t.csv:2: expected comma-separated values; field larger",
        ),
    ],
)
def test_a_fault_names_its_line(text: str, fault: str) -> None:
    (found,) = faults_of(text)
    assert found.startswith(fault)


def test_the_columns_that_may_be_there_are_named_with_those_that_must() -> None:
    (fault,) = read_table("a\n", "t.csv", NEEDED, (*NEEDED, "notes"))[1]
    assert str(fault) == "t.csv:1: expected the columns term,kind,notes; got 'a'"


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;", "sep=;;"])
def test_a_first_line_that_names_what_parts_columns_is_understood(first: str) -> None:
    text = f"\ufeff{first}\r\nterm;kind\r\na,b;drug\r\n;lab\r\n"
    lines, faults = read_table(text, "t.csv", NEEDED)
    assert faults == []
    assert lines == [(3, {"term": "a,b", "kind": "drug"}), (4, {"term": "", "kind": "lab"})]
    assert columns_of(text) == (["term", "kind"], ";")


def test_columns_may_be_parted_by_tabs_where_the_first_line_is_reported() -> None:
    lines, faults = read_table("sep=\t\nterm\tkind\na\tb\n", "t.csv", NEEDED)
    assert (lines, faults) == ([(3, {"term": "a", "kind": "b"})], [])


def test_a_fault_below_such_a_line_has_its_own_line() -> None:
    assert faults_of("sep=;\nterm;kind\na;b;c\n") == [
        "t.csv:3: expected a value for each column; got more"
    ]
    assert faults_of("sep=;\nterm,kind\n") == [
        "t.csv:2: expected the columns term,kind; got 'term,kind'"
    ]
    assert faults_of('sep=;\nterm;kind\n"a;b\n')[0].startswith("t.csv:3: expected comma-separated")


def test_rows_that_a_spreadsheet_leaves_empty_are_passed_over_and_counted() -> None:
    text = "term,kind\n,\na,b\n , \n\n,,,,\n"
    lines, faults = read_table(text, "t.csv", NEEDED)
    assert faults == []
    assert lines == [(3, {"term": "a", "kind": "b"})]
    assert count_empty_rows(text) == 3


def test_empty_cells_behind_the_columns_are_no_values() -> None:
    lines, faults = read_table("term,kind,,\na,b,,\nc,d,\n", "t.csv", NEEDED)
    assert faults == []
    assert [values["term"] for _, values in lines] == ["a", "c"]


def test_a_column_that_is_there_twice_is_a_fault() -> None:
    assert faults_of("term,kind,term\na,b,c\n") == [
        "t.csv:1: expected each column once; got 'term' twice"
    ]
