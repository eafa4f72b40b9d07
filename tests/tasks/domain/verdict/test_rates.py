"""Intervals of a rate are over terms: more rows of the same terms make them no narrower than they are."""

import numpy as np
import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import score_clinical
from tasks.domain.verdict.rates import group_rates, share_interval


def test_the_interval_of_a_share_has_it_19_times_in_20() -> None:
    """2,000 draws of 36 terms of 3 to 15 rows, each term with a rate of its own, 0.2 in all."""
    draw, inside, trials = np.random.default_rng(5), 0, 2_000
    for _ in range(trials):
        sizes = draw.integers(3, 16, 36)
        missed = draw.binomial(sizes, draw.beta(0.5, 2.0, 36))
        low, high = share_interval(missed, sizes) or (0.0, 1.0)
        inside += low <= 0.2 <= high
    assert 0.93 <= inside / trials <= 0.98


def test_rows_of_the_same_terms_are_no_new_terms() -> None:
    missed, sizes = np.array([1, 0, 1, 0, 0, 0]), np.ones(6, int)
    once, ten_times = (share_interval(missed * k, sizes * k) for k in (1, 10))
    assert once is not None
    assert ten_times is not None
    assert ten_times[0] <= once[0] < once[1] <= ten_times[1]
    assert share_interval(np.array([3]), np.array([9])) is None


def test_a_share_of_nothing_or_all_has_an_interval() -> None:
    none, every = (share_interval(np.full(36, k), np.full(36, 4)) for k in (0, 4))
    assert none is not None
    assert every is not None
    assert (none[0], every[1]) == (0.0, 1.0)
    assert none[1] == pytest.approx(1.0 - every[0])


def test_a_group_counts_the_terms_and_rows_of_its_positions() -> None:
    rows = [
        ClinicalRow.model_construct(text=f"start {term} now", term=term, accepted=())
        for term in ("warfarin", "Warfarin", "5-FU", "heparin")
    ]
    texts = ["start warfarin now", "start it", "start five FU now", ""]
    group = group_rates(rows, score_clinical(rows, texts), [0, 1, 2])
    assert (group.rows, group.terms, group.missed) == (3, 2, 1)
    assert (group.rates.ker, group.rates.ker_canonical) == (2 / 3, 1 / 3)
    low, high = group.ker_canonical_ci95 or (1.0, 0.0)
    assert low < 1 / 3 < high
    assert group.wer_corpus_canonical_ci95 is not None
