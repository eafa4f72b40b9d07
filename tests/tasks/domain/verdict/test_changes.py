"""Changes: each row that decides is newly missed, still missed, fixed, or right with both models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.changes import (
    ChangedRow,
    Changes,
    changed_counts,
    changed_rows,
    changed_sentences,
    changes,
    newly_changed,
    row_outcomes,
)
from tasks.domain.verdict.comparison import Pair, score_pair
from tasks.domain.verdict.critical import Change

Maker = Callable[..., ClinicalRow]
SPOKEN = "give {term} now"


def compared(rows: Sequence[ClinicalRow], before: Sequence[bool], after: Sequence[bool]) -> Pair:
    """Both models, and whether each recognized the term of each row."""

    def texts(recognized: Sequence[bool]) -> list[str]:
        return [
            row.text if right else "give it now"
            for row, right in zip(rows, recognized, strict=True)
        ]

    references, terms = [row.text for row in rows], [row.term for row in rows]
    return score_pair(references, terms, texts(before), texts(after))


def rows_of(row: Maker, *terms: tuple[str, str]) -> list[ClinicalRow]:
    return [
        row(term=term, entity_category=category, text=SPOKEN.format(term=term))
        for term, category in terms
    ]


def test_each_row_has_one_outcome(row: Maker) -> None:
    rows = rows_of(row, *[("cefazolin", "drug")] * 4)
    pair = compared(rows, [True, False, False, True], [False, False, True, True])
    assert row_outcomes(pair) == ["newly missed", "still missed", "fixed", "right"]


def test_terms_are_counted_by_outcome_and_one_term_may_have_several(row: Maker) -> None:
    rows = rows_of(row, ("Cefazolin", "drug"), ("cefazolin", "drug"), ("spleen", "anatomy"))
    found = changes(rows, compared(rows, [True, False, True], [False, True, False]))
    assert [(one.term, one.rows) for one in found.newly_missed] == [("cefazolin", 1), ("spleen", 1)]
    assert [(one.term, one.rows) for one in found.fixed] == [("cefazolin", 1)]
    assert found.counts == "2 newly missed, 0 still missed, 1 fixed"


def test_regressions_outside_the_priority_categories_are_named_first(row: Maker) -> None:
    rows = rows_of(row, ("cefazolin", "drug"), ("cefazolin", "drug"), ("spleen", "anatomy"))
    found = changes(rows, compared(rows, [True] * 3, [False] * 3))
    assert found.regressions(["drug"]) == (
        "Newly missed: 3 rows, 1 outside the priority categories: spleen, cefazolin (2)."
    )


def test_without_a_regression_there_is_no_sentence(row: Maker) -> None:
    rows = rows_of(row, ("cefazolin", "drug"))
    found = changes(rows, compared(rows, [False], [True]))
    assert (found.regressions(["drug"]), bool(found), bool(Changes())) == ("", True, False)


def test_many_regressions_are_named_up_to_a_limit(row: Maker) -> None:
    rows = rows_of(row, *[(f"term{n:02}", "drug") for n in range(12)])
    sentence = changes(rows, compared(rows, [True] * 12, [False] * 12)).regressions(["drug"])
    assert sentence.startswith("Newly missed: 12 rows: term00, term01")
    assert sentence.endswith("term07 and 4 more.")


def test_a_row_with_a_changed_dose_is_counted_beside_the_outcomes_of_its_term(row: Maker) -> None:
    rows = [row(term="warfarin", text="warfarin 1.5 mg", audio_filepath="0.wav")]
    pair = score_pair(["warfarin 1.5 mg"], ["warfarin"], ["warfarin"], ["warfarin 15 mg"])
    assert changes(rows, pair).critical == (), "the comparison model has the dose wrong too"
    pair = score_pair(
        ["warfarin 1.5 mg"], ["warfarin"], ["warfarin one point five mg"], ["warfarin 15 mg"]
    )
    found = changes(rows, pair)
    assert found.counts == "1 with a changed dose, 0 newly missed, 0 still missed, 0 fixed"
    assert found.critical_sentences == [
        "Dose changed in 1 row: 1.5 mg → 15 mg (×10) in 0.wav (warfarin)."
    ]
    assert found


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
        "Dose", "Number", "Negation", "Left/right",
    ]  # fmt: skip
    assert changed_counts(rows) == [
        "1 with a changed dose",
        "1 with a changed number",
        "1 with a changed negation",
        "1 with a changed left/right word",
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
    assert sentence.endswith("in 3.wav (warfarin) and 8 more.")


def test_general_speech_is_compared_without_terms() -> None:
    pair = score_pair(["take two"], [None], ["take two"], ["take ten"])
    assert [change.text for row in newly_changed(pair) for change in row] == ["2 → 10"]
