"""The statistics, against brute force, other people's tests, and simulated cycles."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest
from worlds.harm import harm_held_with_more_clips, judged_with_guards
from worlds.rows import World, benchmark, chance, drifting_terms, drifting_voices, wrong_words
from worlds.useless import covered, kept_in_history, memoriser_kept, published_keep

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.power import benchmark_power
from tasks.domain.verdict.statistics import (
    Clusters,
    alpha_of_guards,
    alpha_of_look,
    clusters,
    drop_interval,
    excess,
    few_voices_p,
    holm,
    mid_p,
    rate_bound,
    sign_flip_p,
    voice_interval,
)
from tests.steps import IN_PROPORTION, growth


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


def test_the_mid_p_value_counts_half_of_what_equals_the_observed() -> None:
    fixed = np.array([3, 1, -2, 1, 4])
    sums = [sum(s * n for s, n in zip(signs, fixed, strict=True)) for signs in SIGNS]
    expected = np.mean([total > 7 for total in sums]) + np.mean([total == 7 for total in sums]) / 2
    assert mid_p(fixed) == pytest.approx(expected)
    assert mid_p(np.zeros(3, int)) == 0.5


SIGNS = list(itertools.product((1, -1), repeat=5))


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip_p(np.zeros(10, int)) == 1.0
    assert sign_flip_p(np.array([], int)) == 1.0


def test_all_looks_together_spend_five_percent() -> None:
    assert sum(alpha_of_look(look) for look in range(1, 60)) == pytest.approx(0.05)


def test_the_guards_of_one_candidate_spend_little_more_than_its_first_judgment() -> None:
    levels = [alpha_of_guards(look, again=look > 1) for look in range(1, 60)]
    assert (levels[0], sum(levels)) == (0.025, pytest.approx(0.0275))


@pytest.mark.slow
@pytest.mark.parametrize("world", [chance, drifting_terms, drifting_voices])
def test_a_useless_candidate_is_kept_in_at_most_one_history_of_ten_looks_in_twenty(
    world: World,
) -> None:
    """Histories of ten looks through the real decide(); 4 of 20 have a chance of 1.6 % at 5 % each.

    At 35 % each, where every look is at 5 %, 3 of 20 or fewer have one of 4.4 %.
    """
    of = benchmark(20, 5)
    assert sum(kept_in_history(world, of, seed) for seed in range(20)) <= 3


@pytest.mark.slow
def test_what_suits_few_voices_is_not_kept() -> None:
    """Five looks; without a test over voices a fifth of these histories keep one."""
    of = benchmark(40, 3, voices=3)
    assert sum(kept_in_history(drifting_voices, of, seed, 5) for seed in range(20)) <= 1


@pytest.mark.slow
def test_harm_is_not_held_by_adding_clips_until_it_is() -> None:
    """1 of 60; 6 where each of the ten is a first look."""
    assert sum(harm_held_with_more_clips(seed) for seed in range(60)) <= 1


@pytest.mark.slow
def test_a_memoriser_is_kept_when_rows_are_divided_and_never_when_sentences_are() -> None:
    assert np.mean([memoriser_kept("row", seed) for seed in range(20)]) > 0.8
    assert np.mean([memoriser_kept("text", seed) for seed in range(20)]) == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("harm", [{"other_rise": 0.1}, {"general_rise": 0.1}])
def test_a_useful_candidate_that_harms_elsewhere_is_not_kept(harm: dict[str, float]) -> None:
    of = benchmark(60, 3, others=60)
    kept = [judged_with_guards(of, seed, **harm).verdict == "keep" for seed in range(30)]
    assert sum(kept) <= 4  # 2.5 % are expected; more than 4 of 30 have a chance of 0.1 %


@pytest.mark.slow
def test_a_useful_candidate_without_harm_is_kept() -> None:
    """A true drop of 40 %, 60 terms, guard sets as large as their margins ask for."""
    of = benchmark(60, 5, others=60)
    kept = [judged_with_guards(of, seed).verdict == "keep" for seed in range(30)]
    assert np.mean(kept) >= 0.85


def test_the_published_rule_keeps_useless_candidates_of_small_benchmarks() -> None:
    assert published_keep(10, 4_000) > 0.2


@pytest.mark.slow
@pytest.mark.parametrize(("terms", "rows", "drop"), [(12, 2, 0.95), (50, 1, 0.4)])
@pytest.mark.parametrize("voices_differ", [False, True])
def test_the_interval_holds_the_true_drop_19_times_in_20(
    terms: int, rows: int, drop: float, voices_differ: bool
) -> None:
    of = benchmark(terms, rows)
    held = [covered(of, drop, seed, voices_differ=voices_differ) for seed in range(60)]
    assert np.mean(held) >= 0.88  # fewer than 53 of 60 have a chance of 1 % at 95 % each


def test_twelve_of_twelve_fixed_is_not_a_hundred_percent() -> None:
    low, high = drop_interval(Clusters(np.full(12, 2), np.full(12, 2), np.zeros(12, int))) or (0, 0)
    assert (round(low, 2), high) == (0.69, 1.0)


def test_an_interval_of_one_term_is_undefined() -> None:
    assert drop_interval(clusters(["a"] * 5, [1] * 5, [0] * 5)) is None
    assert drop_interval(clusters([], [], [])) is None


def test_the_same_counts_give_the_same_interval() -> None:
    data = clusters(list("abcdefgh"), [1] * 8, [1, 1, 0, 0, 0, 0, 0, 0])
    assert drop_interval(data) == drop_interval(data)


def test_holm_never_lowers_a_p_value_and_keeps_the_order() -> None:
    assert holm({"a": 0.03, "b": 0.01, "c": 0.02}) == {"a": 0.04, "b": 0.03, "c": 0.04}


def test_the_bound_without_any_harm_is_the_exact_one() -> None:
    nothing, ones = np.zeros(29, int), np.ones(29, int)
    assert rate_bound(nothing, ones) == pytest.approx(1 - 0.05 ** (1 / 29))
    assert rate_bound(nothing, 5 * ones) == pytest.approx(1 - 0.05 ** (1 / 29))
    one = nothing.copy()
    one[0] = 1
    exact = binomtest(1, 29).proportion_ci(0.90, method="exact").high
    assert rate_bound(one, ones) == pytest.approx(exact)
    assert rate_bound(np.ones(3, int), np.ones(3, int)) == 1.0


@pytest.mark.parametrize("terms", [40, 150])
@pytest.mark.parametrize("harmed", [0.1, 0.15])
def test_the_bound_holds_the_true_rise_19_times_in_20(terms: int, harmed: float) -> None:
    """Terms of one row; five in a hundred are mended, so that the rise is less than the harm."""
    rng = np.random.default_rng(4)
    mended = 0.05 if harmed > 0.1 else 0.0
    inside = 0
    for _ in range(1_000):
        luck = rng.random(terms)
        nets = (luck < harmed).astype(int) - (luck > 1 - mended).astype(int)
        inside += rate_bound(nets, np.ones(terms, int)) >= harmed - mended
    assert inside >= 935


def test_non_inferiority_is_proven_where_nothing_changed_and_not_at_the_margin() -> None:
    before = np.random.default_rng(3).binomial(10, 0.06, 2_000)
    nothing = np.zeros(2_000, int)
    at_margin, within = excess(nothing, before, 0.0), excess(nothing, before, 0.1)
    assert at_margin is not None
    assert at_margin.bound == 0.0
    assert within is not None
    assert within.bound < 0
    assert within.p_value > 0.99
    assert excess(nothing[:1], before[:1], 0.1) is None


def test_a_rise_is_significant_only_beyond_what_is_allowed() -> None:
    """True rises of a WER of 6 % by 8 %, inside a margin of 10 %, and by 25 %."""
    rng, broke = np.random.default_rng(8), {0.08: 0, 0.25: 0}
    for rise in broke:
        for _ in range(100):
            before = rng.binomial(8, 0.06, 2_000)
            found = excess(wrong_words(rng, before, rise) - before, before, 0.1)
            assert found is not None
            broke[rise] += found.p_value < 0.05
    assert broke[0.08] <= 5
    assert broke[0.25] >= 95


def test_few_voices_are_significant_only_where_all_of_them_agree() -> None:
    alike, apart = np.array([20, 21, 20]), np.array([50, 10, 1])
    assert few_voices_p(alike, np.full(3, 60)) < 0.001 < 0.1 < few_voices_p(apart, np.full(3, 60))
    assert 0.025 < few_voices_p(np.array([5, 5]), np.array([5, 5])) < 0.05, (
        "equal ones prove little"
    )


def test_the_interval_over_voices_is_as_wide_as_they_differ() -> None:
    alike = Clusters(np.full(3, 20), np.full(3, 10), np.full(3, 6))
    assert voice_interval(alike) == pytest.approx((0.4, 0.4))
    low, high = voice_interval(Clusters(alike.rows, alike.before, np.array([2, 6, 10]))) or (0, 0)
    assert low < 0 < 0.9 < high
    assert voice_interval(clusters(["v"], [1], [0])) is None


@pytest.mark.slow
def test_a_verdict_takes_time_in_proportion_to_its_rows_and_terms() -> None:
    policy = Policy.model_validate({"decide": {"open_guard": "keep"}})

    def prepare(count: int) -> Callable[[], object]:
        rng, terms = np.random.default_rng(5), count // 20
        rows = [
            ClinicalRow.model_construct(
                audio_filepath=f"{n}.wav", duration=1.0, text=f"give term{n % terms} now {n}",
                term=f"term{n % terms}", entity_category="drug", ipa_source="override",
                voice_id=f"v{n % 7}", noise_level="clean", context_type="order",
            )
            for n in range(count)
        ]  # fmt: skip
        texts = [row.text for row in rows]
        hypotheses = [
            np.where(rng.random(count) < share, texts, "something else").tolist()
            for share in (0.4, 0.7)
        ]
        both = score_pair(texts, [row.term for row in rows], *hypotheses)
        split = Split(tuple(range(count * 4 // 5)), tuple(range(count * 4 // 5, count)))

        def judge() -> None:
            decision = decide(rows, split, both, None, policy, both.candidate)
            audit(rows, split, texts, both, None)
            missed, every = both.comparison.missed, range(count)
            benchmark_power(rows, missed, every, policy, look=1, general_clips=0)
            assert decision.verdict == "keep"
            assert decision.priority.rows == count

        return judge

    assert growth(prepare, 1_000) < IN_PROPORTION
