"""Two models scored alike on the same rows."""

from __future__ import annotations

import pytest

from tasks.domain.verdict.comparison import score_pair, score_texts

TEXTS = ["give aspirin now", "give heparin now", "good morning"]
TERMS = ["aspirin", "heparin", None]


def test_both_models_are_scored_by_the_same_rule() -> None:
    pair = score_pair(TEXTS, TERMS, before=["give it now"] * 3, after=TEXTS)
    assert pair.comparison.missed == [1, 1, 0]
    assert pair.candidate.missed == [0, 0, 0]
    assert [score.ser for score in pair.comparison.scores] == [1, 1, 1]
    assert pair.comparison.scores[2].ker is None  # general speech has no term to miss


def test_what_one_stage_has_scored_another_does_not_score_again() -> None:
    scored = score_texts(TEXTS, ["give it now"] * 3, TERMS)
    assert score_texts(list(TEXTS), ["give it now"] * 3, list(TERMS)) is scored
    for other in (
        score_texts(TEXTS, ["give it now"] * 3, TERMS, "published"),
        score_texts(TEXTS, ["give it now"] * 3, TERMS, accepted=[["it"], (), ()]),
        score_texts(TEXTS, TEXTS, TERMS),
        score_texts(TEXTS, ["give it now"] * 3, [*TERMS[:2], "good"]),
    ):
        assert (other.view, other.missed) != (scored.view, scored.missed)


def test_some_rows_of_a_pair_keep_reference_and_hypotheses_together() -> None:
    pair = score_pair(TEXTS, TERMS, before=["", "give heparin now", ""], after=TEXTS)
    chosen = pair.at([1, 0])
    assert chosen.references == [TEXTS[1], TEXTS[0]]
    assert chosen.comparison.texts == ["give heparin now", ""]
    assert chosen.comparison.missed == [0, 1]
    assert chosen.candidate.missed == [0, 0]


def test_a_hypothesis_too_few_is_not_scored() -> None:
    with pytest.raises((ValueError, IndexError)):
        score_pair(TEXTS, TERMS, before=TEXTS[:2], after=TEXTS)


def test_some_rows_have_the_critical_changes_of_their_own() -> None:
    """They are looked for once for all rows, and again for others."""
    references = ["give 5 mg", "give 2 mg"]
    whole = score_pair(
        references, [None, None], before=references, after=["give 5 mg", "give 20 mg"]
    )
    changed = whole.candidate.critical_changes(references)
    assert [[change.text for change in row] for row in changed] == [[], ["2 mg → 20 mg"]]
    assert whole.candidate.critical_changes(references) is changed
    assert whole.at([1]).candidate.critical_changes(references[1:]) == changed[1:]
