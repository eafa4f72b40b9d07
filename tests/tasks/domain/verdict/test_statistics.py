"""The statistics, against brute force, other people's tests, and simulated cycles."""

import itertools
import time

import numpy as np
import pytest
from scipy.stats import binomtest
from simulation import ROWS, coverage, cycles, keep_share

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.power import power
from tasks.domain.verdict.statistics import (
    Clusters,
    clusters,
    drop_interval,
    holm,
    rise,
    sign_flip_p,
)


def flipped(fixed: list[int]) -> float:
    """The share of all sign flips that reach the observed sum, one by one."""
    sums = [
        sum(sign * net for sign, net in zip(signs, fixed, strict=True))
        for signs in itertools.product((1, -1), repeat=len(fixed))
    ]
    return sum(total >= sum(fixed) for total in sums) / len(sums)


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_is_that_of_all_sign_flips(seed: int) -> None:
    fixed = np.random.default_rng(seed).integers(-4, 6, 12)
    assert sign_flip_p(fixed) == pytest.approx(flipped(fixed.tolist()), rel=1e-9)


@pytest.mark.parametrize(
    ("fixed", "broken"), [(5, 0), (9, 3), (40, 25), (3, 3), (2, 9), (400, 350)]
)
def test_with_one_row_a_term_it_is_mcnemars_exact_test(fixed: int, broken: int) -> None:
    nets = np.array([1] * fixed + [-1] * broken + [0] * 50)
    exact = binomtest(fixed, fixed + broken, alternative="greater").pvalue
    assert sign_flip_p(nets) == pytest.approx(exact, rel=1e-9)


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip_p(np.zeros(10, int)) == 1.0
    assert sign_flip_p(np.array([], int)) == 1.0


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("clustered", [False, True], ids=["rows alone", "rows in terms"])
def test_a_useless_candidate_is_kept_in_at_most_one_cycle_of_twenty(
    rows: int, clustered: bool
) -> None:
    _, ours = keep_share(cycles(4_000, rows, 0.0, clustered=clustered))
    assert ours <= 0.05


def test_the_published_rule_keeps_useless_candidates_of_small_benchmarks() -> None:
    theirs, ours = keep_share(cycles(4_000, 10, 0.0, clustered=False))
    assert theirs > 0.2
    assert ours < 0.01


def test_a_useful_candidate_of_a_large_benchmark_is_kept() -> None:
    _, ours = keep_share(cycles(2_000, 100, 0.4, clustered=False))
    assert ours > 0.9


@pytest.mark.parametrize(("terms", "rows"), [(10, 2), (50, 1)])
def test_the_interval_holds_the_true_drop_19_times_in_20(terms: int, rows: int) -> None:
    assert 0.93 <= coverage(600, terms, rows, 0.4) <= 0.97


def test_an_interval_of_one_term_is_undefined() -> None:
    assert drop_interval(clusters(["a"] * 5, [1] * 5, [0] * 5)) is None
    assert drop_interval(clusters([], [], [])) is None


def test_the_same_counts_give_the_same_interval() -> None:
    data = clusters(list("abcdefgh"), [1] * 8, [1, 1, 0, 0, 0, 0, 0, 0])
    assert drop_interval(data) == drop_interval(data)


def test_holm_never_lowers_a_p_value_and_keeps_the_order() -> None:
    assert holm({"a": 0.03, "b": 0.01, "c": 0.02}) == {"a": 0.04, "b": 0.03, "c": 0.04}


def test_a_rise_is_found_where_there_is_one_and_not_where_there_is_none() -> None:
    rng = np.random.default_rng(3)
    before = rng.binomial(10, 0.06, 400)
    worse = before + rng.binomial(1, 0.15, 400)
    found, nothing = (
        rise(Clusters(np.ones(400, int), before, after))
        for after in (worse, rng.permutation(before))
    )
    assert found is not None
    assert found.p_value < 0.001
    assert nothing is not None
    assert nothing.p_value > 0.05
    assert rise(clusters(["a"], [0], [1])) is None


def test_ten_thousand_rows_of_five_hundred_terms_are_judged_in_under_two_seconds() -> None:
    rng = np.random.default_rng(5)
    rows = [
        ClinicalRow.model_construct(
            audio_filepath=f"{n}.wav", duration=1.0, text=f"give term{n % 500} now {n}",
            term=f"term{n % 500}", entity_category="drug", ipa_source="override",
            voice_id="v", noise_level="clean", context_type="order",
        )
        for n in range(10_000)
    ]  # fmt: skip
    texts = [row.text for row in rows]
    heard = [
        np.where(rng.random(10_000) < share, texts, "something else").tolist()
        for share in (0.4, 0.7)
    ]
    both = score_pair(texts, [row.term for row in rows], *heard)
    split = Split(tuple(range(8_000)), tuple(range(8_000, 10_000)), ())
    began = time.process_time()
    decision = decide(rows, split, both, None, Policy(), both.candidate)
    audit(rows, split, texts, both, None)
    power([row.term for row in rows], both.comparison.missed, 2_000, 0.2)
    seconds = time.process_time() - began  # of this process: another one may be busy
    assert decision.verdict == "keep"
    assert decision.priority.rows == 10_000
    assert seconds < 2.0
