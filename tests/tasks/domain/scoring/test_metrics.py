"""Rates of a row and of many, against the definition; tests/test_scoring.py has the rest."""

from __future__ import annotations

import pytest

from tasks.domain.scoring.metrics import Rate, RowScore, Scores, mean, score_rows, summarize

ROWS = [
    RowScore(Rate(1, 4), Rate(2, 20), 1, 1),
    RowScore(Rate(0, 3), Rate(0, 12), 0, 0),
    RowScore(Rate(0, 0), Rate(0, 0), None, 1),
]


def test_an_empty_hypothesis_misses_everything() -> None:
    (score,) = score_rows(["start metoprolol"], [""], ["metoprolol"])
    assert (score.wer, score.cer, score.ker, score.ser) == (1.0, 1.0, 1, 1)


def test_a_rate_without_reference_words_is_undefined_not_zero() -> None:
    (score,) = score_rows(["?!"], ["something"], [None])
    assert (score.wer, score.cer, score.ker, score.ser) == (None, None, None, 1)
    assert summarize([score]).wer is None
    assert summarize([]).ker is None
    assert mean([]) is None


def test_the_summary_averages_rows_and_sums_counts_beside() -> None:
    scores = score_rows(["a b c d", "a"], ["a b c d", "b"], [None, None])
    summary = summarize(scores)
    assert summary.wer == 0.5
    assert summary.wer_corpus == 0.2


def test_rows_come_back_as_they_were() -> None:
    scores = Scores.of(ROWS)
    assert list(scores) == ROWS
    assert [scores[n] for n in range(3)] == ROWS
    assert scores[-1] == ROWS[-1]
    assert list(scores[1:]) == ROWS[1:]


def test_the_rates_of_all_rows_are_those_of_each() -> None:
    scores = Scores.of([*ROWS, RowScore(Rate(0, 0), Rate(0, 0), None, 0)])
    assert list(scores.rates) == [(one.wer, one.cer, one.ker, one.ser) for one in scores]


def test_scores_that_have_columns_are_left_alone() -> None:
    scores = Scores.of(ROWS)
    assert Scores.of(scores) is scores


def test_rows_are_chosen_in_the_order_asked_for() -> None:
    assert list(Scores.of(ROWS).at([2, 0, 2])) == [ROWS[2], ROWS[0], ROWS[2]]
    assert len(Scores.of(ROWS).at([])) == 0


def test_no_row_has_no_score() -> None:
    scores = Scores.of([])
    assert not scores
    assert list(scores) == []
    with pytest.raises(IndexError):
        scores[0]
