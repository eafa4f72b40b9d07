"""Newly changed critical items: named with their factor, counted by row, doses before others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.critical import Change
from tasks.domain.verdict.new_changes import (
    ChangedRow,
    changed_counts,
    changed_rows,
    changed_sentences,
    newly_changed,
)

Maker = Callable[..., ClinicalRow]


def found(
    row: Maker,
    terms: Sequence[str],
    texts: Sequence[str],
    before: Sequence[str],
    after: Sequence[str],
) -> tuple[ChangedRow, ...]:
    rows = [
        row(term=term, text=text, audio_filepath=f"{n}.wav")
        for n, (term, text) in enumerate(zip(terms, texts, strict=True))
    ]
    return changed_rows(rows, score_pair(texts, terms, before, after))


def test_a_dose_ten_times_larger_is_named_with_its_row_term_and_factor(row: Maker) -> None:
    texts = ["warfarin 1.5 mg", "digoxin 5 mg", "heparin"]
    after = ["warfarin 15 mg", "digoxin 5 mcg", "heparin"]
    rows = found(row, ["warfarin", "digoxin", "heparin"], texts, texts, after)
    assert changed_sentences(rows) == [
        "Dose changed in 2 rows: 1.5 mg → 15 mg (×10) in 0.wav (warfarin); "
        "5 mg → 5 mcg (×0.001) in 1.wav (digoxin)."
    ]
    assert changed_counts(rows) == ["2 with a changed dose"]


def test_doses_come_before_numbers_negations_and_sides(row: Maker) -> None:
    texts = ["left warfarin", "no warfarin", "warfarin 2.3", "warfarin 2 mg"]
    after = ["right warfarin", "warfarin", "warfarin 23", "warfarin 20 mg"]
    rows = found(row, ["warfarin"] * 4, texts, texts, after)
    assert [sentence.split()[0] for sentence in changed_sentences(rows)] == [
        "Dose", "Number", "Negation", "Side",
    ]  # fmt: skip
    assert changed_counts(rows) == [
        "1 with a changed dose",
        "1 with a changed number",
        "1 with a changed negation",
        "1 with a changed side",
    ]


def test_what_the_comparison_model_has_wrong_too_is_not_new(row: Maker) -> None:
    text, wrong = "warfarin 2 mg", "warfarin 20 mg"
    assert found(row, ["warfarin"], [text], [wrong], [wrong]) == ()
    assert found(row, ["warfarin"], [text], [wrong], [text]) == ()


def test_an_inserted_dose_or_negation_is_new(row: Maker) -> None:
    (changed,) = found(row, ["warfarin"], ["warfarin"], ["warfarin"], ["not warfarin 5 mg"])
    assert [change.text for change in changed.changes] == ["→ not", "→ 5 mg"]


def test_a_number_of_a_missed_term_is_left_to_the_term(row: Maker) -> None:
    texts = ["give vitamin B 12 now", "give vitamin B 12 now"]
    after = ["give vitamins now", "give vitamin B 12 now 5 mg"]
    rows = found(row, ["vitamin B 12"] * 2, texts, texts, after)
    assert [(one.audio_filepath, one.changes[0].text) for one in rows] == [("1.wav", "→ 5 mg")]


def test_many_changes_are_named_up_to_a_limit() -> None:
    rows = [
        ChangedRow("warfarin", f"{n}.wav", (Change("dose", "2 mg", "20 mg", 10.0),))
        for n in range(12)
    ]
    (sentence,) = changed_sentences(rows)
    assert sentence.startswith("Dose changed in 12 rows: 2 mg → 20 mg (×10) in 0.wav (warfarin); ")
    assert sentence.endswith("in 7.wav (warfarin) and 4 more.")


def test_general_speech_is_compared_without_terms() -> None:
    pair = score_pair(["take two"], [None], ["take two"], ["take ten"])
    assert [change.text for row in newly_changed(pair) for change in row] == ["2 → 10"]
