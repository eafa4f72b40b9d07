"""The shipped lists are whole, and terms.csv takes terms in under its own rules of reading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tasks.benchmark.suggested_file import (
    HERE,
    SECTION,
    SUGGESTED_FILE,
    accept_posted,
    accept_terms,
    given_names,
    known_terms_of,
    medical_words,
    read_suggested,
    shipped_categories,
    write_suggested,
)
from tasks.benchmark.suggestions import Suggestion
from tasks.domain.errors import InvalidInput
from tasks.workspace.models import DISTRACTORS
from tests.conftest import write_workspace

TERMS = "term,entity_category\n"


def test_the_shipped_lists_name_each_term_once_in_a_category_that_exists() -> None:
    _, *parts = SECTION.split((HERE / "categories.txt").read_text())
    assert parts[::2] == ["drug", "procedure", "anatomy", "condition", "lab", "role", "other"]
    terms = [term for text in parts[1::2] for term in re.split(r",\s+", text.strip())]
    assert len(terms) == len(set(terms)) > 400
    assert all(term == term.strip().lower() and term for term in terms)
    found = shipped_categories()
    assert (found["metformin"], found["femur"], found["biopsy"]) == ("drug", "anatomy", "procedure")
    assert "catheter" not in found
    assert len(found) > len(DISTRACTORS.read_text().split())
    assert not given_names() & medical_words(), "a name that is a word of medicine refuses no line"


def test_terms_are_appended_and_the_lines_before_stay_to_the_byte(tmp_path: Path) -> None:
    before = "\ufeffsep=;\r\nipa;entity_category;term\r\n;drug;timolol"
    (tmp_path / "terms.csv").write_bytes(before.encode())
    assert accept_terms(tmp_path, [("INR", "lab"), ("Timolol", "drug")]) == ["INR"]
    assert (tmp_path / "terms.csv").read_bytes().decode() == f"{before}\n;lab;INR\n"
    assert accept_terms(tmp_path, [("INR", "lab")]) == []


def test_a_workspace_without_terms_gets_the_file(tmp_path: Path) -> None:
    accept_terms(tmp_path, [("5-FU", "drug"), ("5 FU", "drug")])
    assert (tmp_path / "terms.csv").read_text() == f"{TERMS}5-FU,drug\n"


def test_nothing_is_written_where_terms_csv_could_not_be_read_again(tmp_path: Path) -> None:
    (tmp_path / "terms.csv").write_text(f"{TERMS}timolol,drug\n")
    with pytest.raises(InvalidInput, match=r"terms\.csv:3: entity_category: expected one of"):
        accept_terms(tmp_path, [("INR", "test")])
    assert (tmp_path / "terms.csv").read_text() == f"{TERMS}timolol,drug\n"


def test_the_terms_of_the_benchmark_are_known_beside_those_of_the_list(tmp_path: Path) -> None:
    rows = [
        {"term": "metoprolol"},
        {"term": "Timolol", "text": "give timolol", "accepted": ["timoptic"]},
    ]
    write_workspace(tmp_path, rows)
    (tmp_path / "terms.csv").write_text(f"{TERMS}timolol,drug\n")
    found = [(one.term, one.accepted) for one in known_terms_of(tmp_path)]
    assert found == [("timolol", ()), ("metoprolol", ())]


def test_suggestions_are_read_as_they_were_written(tmp_path: Path) -> None:
    given = [
        Suggestion("5-FU", "", 2, ("five, f you (2)",)),
        Suggestion("INR", "lab", 1, (), "listed"),
    ]
    write_suggested(tmp_path, given)
    assert read_suggested(tmp_path) == given
    stamp = (tmp_path / SUGGESTED_FILE).stat()
    write_suggested(tmp_path, given)
    assert (tmp_path / SUGGESTED_FILE).stat() == stamp, "what has not changed is not written"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"term": "INR"}, "entity_category: Field required"),
        ({"term": "INR", "entity_category": "x"}, "entity_category"),
        ({"term": "aspirin", "entity_category": "drug"}, "expected a suggested term"),
        ([], "Input should be"),
    ],
)
def test_a_page_can_accept_suggested_terms_alone(
    tmp_path: Path, body: object, sentence: str
) -> None:
    write_suggested(tmp_path, [Suggestion("INR", "", 1, ())])
    with pytest.raises(InvalidInput, match=sentence):
        accept_posted(tmp_path, body)
    assert accept_posted(tmp_path, {"term": "INR", "entity_category": "lab"}) == "INR"
    assert (tmp_path / "terms.csv").read_text() == f"{TERMS}INR,lab\n"
    assert read_suggested(tmp_path) == [Suggestion("INR", "lab", 1, (), "listed")]
