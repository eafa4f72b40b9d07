"""Words that change care: which they are, and which of them a model loses."""

from __future__ import annotations

import pytest

from tasks.domain.verdict.critical import critical_errors, critical_words


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("2.5 mg", ["number", "unit"]),
        ("No known allergies, denies pain", ["negation", "negation"]),
        ("RIGHT knee", ["laterality"]),
        ("can't tolerate", ["negation"]),
        ("Don't give 0.5 ml twice", ["negation", "number", "unit", "number"]),
        ("the knee", []),
        ("", []),
    ],
)
def test_numbers_units_negations_and_sides_are_told(text: str, kinds: list[str]) -> None:
    assert critical_words(text) == kinds


def test_a_word_that_is_replaced_added_or_lost_counts_once() -> None:
    references = ["give five units", "the left knee", "the knee", "the knee"]
    hypotheses = ["give nine units", "the left knee", "not the left knee", "the sore knee"]
    assert critical_errors(references, hypotheses) == [
        {"number": 1},
        {},
        {"negation": 1, "laterality": 1},
        {},
    ]


def test_each_lost_word_of_a_row_counts() -> None:
    assert critical_errors(["no no left"], [""]) == [{"negation": 2, "laterality": 1}]


def test_an_empty_reference_or_hypothesis_is_no_exception() -> None:
    assert critical_errors(["the knee", "", ""], ["", "left", ""]) == [{}, {"laterality": 1}, {}]


def test_an_insertion_that_changes_care_counts_once_wherever_it_stands() -> None:
    assert critical_errors(
        ["he has pain", "give ten units", "", "no pain at all"],
        ["he has no pain", "give six units", "left", "no pain at all"],
    ) == [{"negation": 1}, {"number": 1}, {"laterality": 1}, {}]


def test_a_lost_dose_is_counted_where_the_alignment_puts_it() -> None:
    assert critical_errors(["give ten units", "", "no pain"], ["give units", "ten", "no pain"]) == [
        {"number": 1}, {"number": 1}, {},
    ]  # fmt: skip
