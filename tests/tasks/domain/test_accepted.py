"""An accepted spelling is of one term alone."""

from __future__ import annotations

import pytest

from tasks.domain.accepted import accepted_faults, spellings


def faults_of(*rows: tuple[str, tuple[str, ...]]) -> list[str]:
    numbered = [(number, *row) for number, row in enumerate(rows, start=2)]
    return [str(fault) for fault in accepted_faults(numbered, "terms.csv")]


def test_spellings_of_one_term_pass_also_where_several_rows_have_it() -> None:
    row = ("timolol", ("Timoptol", "timolol maleate"))
    assert faults_of(row, row, ("heparin", ())) == []


def test_another_way_to_write_the_term_may_be_listed() -> None:
    assert faults_of(("beta-blocker", ("beta blocker", "β-blocker"))) == []


@pytest.mark.parametrize("before", [True, False])
def test_a_spelling_that_is_another_term_is_a_fault_wherever_that_is(before: bool) -> None:
    rows = [("heparin", ("Timolol",)), ("timolol", ())]
    line = 2 if before else 3
    assert faults_of(*(rows if before else rows[::-1])) == [
        f"terms.csv:{line}: accepted: expected a spelling of this term alone; 'Timolol' is 'timolol'"
    ]


def test_a_spelling_that_differs_from_another_term_by_a_hyphen_is_a_fault() -> None:
    assert faults_of(("co-amoxiclav", ()), ("amoxicillin", ("co amoxiclav",))) == [
        "terms.csv:3: accepted: expected a spelling of this term alone; 'co amoxiclav' counts as "
        "'co-amoxiclav'"
    ]


def test_a_spelling_that_is_accepted_for_another_term_is_a_fault() -> None:
    assert faults_of(("lactate", ("LA",)), ("left atrium", ("LA",))) == [
        "terms.csv:3: accepted: expected a spelling of this term alone; 'LA' counts as 'lactate'"
    ]


@pytest.mark.parametrize(
    ("spelling", "sentence"),
    [
        ("", "expected words; got ''"),
        (" - ", "expected words; got ' - '"),
        ("TIMOLOL", "expected another spelling than the term; got 'TIMOLOL'"),
    ],
)
def test_a_spelling_that_is_none_is_a_fault(spelling: str, sentence: str) -> None:
    assert faults_of(("timolol", (spelling,))) == [f"terms.csv:2: accepted: {sentence}"]


def test_a_spelling_that_is_there_twice_is_a_fault() -> None:
    (fault,) = faults_of(("timolol", ("Timoptol", "timoptol")))
    assert fault.endswith("expected each spelling once; got 'timoptol' again")


def test_an_empty_cell_has_none_and_an_empty_place_in_one_is_kept_as_a_fault() -> None:
    assert spellings("  ") == ()
    assert spellings("a||b") == ("a", "", "b")
