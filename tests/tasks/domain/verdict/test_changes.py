"""Changes: each row that decides is newly missed, still missed, fixed, or right with both models."""

from collections.abc import Callable, Sequence

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.changes import Changes, changes, row_outcomes
from tasks.domain.verdict.comparison import Pair, score_pair

Maker = Callable[..., ClinicalRow]
SPOKEN = "give {term} now"


def compared(rows: Sequence[ClinicalRow], before: Sequence[bool], after: Sequence[bool]) -> Pair:
    """Both models, and whether each heard the term of each row."""

    def texts(heard: Sequence[bool]) -> list[str]:
        return [
            row.text if right else "give it now" for row, right in zip(rows, heard, strict=True)
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
    said = changes(rows, compared(rows, [True] * 12, [False] * 12)).regressions(["drug"])
    assert said.startswith("Newly missed: 12 rows: term00, term01")
    assert said.endswith("term07 and 4 more.")


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
