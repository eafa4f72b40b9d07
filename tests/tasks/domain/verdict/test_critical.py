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
        ("the knee", []),
        ("", []),
    ],
)
def test_numbers_units_negations_and_sides_are_told(text: str, kinds: list[str]) -> None:
    assert critical_words(text) == kinds


def test_a_word_that_is_replaced_is_lost_and_one_that_is_added_is_not() -> None:
    references = ["give five units", "the left knee", "the knee"]
    hypotheses = ["give nine units", "the left knee", "not the left knee"]
    assert critical_errors(references, hypotheses) == [{"number": 1}, {}, {}]


def test_each_lost_word_of_a_row_counts() -> None:
    assert critical_errors(["no no left"], [""]) == [{"negation": 2, "laterality": 1}]


def test_rows_without_a_critical_word_are_not_aligned_at_all() -> None:
    assert critical_errors(["the knee", ""], ["", "left"]) == [{}, {}]
