"""Paired statistics of two models on the same rows, with terms as the unit.

Rows of one term are not independent, so every test sums what happened to a term first. Nothing here
reads a global random state: the same counts give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
AGAIN = 0.1  # part of the level of a look, for guards of a candidate that was judged before
DRAWS, SEED = 10_000, 20_240_501
POWER = 0.8
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Clusters:
    """Errors of both models summed by cluster (term or clip); arrays run in parallel.

    `rows` counts the rows of each cluster.
    """

    rows: Counts
    before: Counts
    after: Counts

    @property
    def fixed(self) -> Counts:
        """Net errors that the second model no longer makes, by cluster."""
        return self.before - self.after


def clusters(keys: Sequence[Hashable], before: Sequence[int], after: Sequence[int]) -> Clusters:
    """Sum errors by key; the three sequences run in parallel, a row each.

    >>> clusters(["a", "b", "a"], [1, 0, 1], [0, 0, 1]).fixed
    array([1, 0])
    """
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    index = np.array([numbers[key] for key in keys], dtype=np.int64)

    def summed(values: Sequence[int]) -> Counts:
        return np.bincount(index, np.asarray(values, float), len(numbers)).astype(np.int64)

    return Clusters(summed([1] * len(keys)), summed(before), summed(after))


def sign_flip_p(fixed: Counts) -> float:
    """One-sided p-value of an improvement: under no change each net is as likely of either sign.

    The share of all sign flips whose sum reaches the observed one, ties included. Exact at every
    size. With one row a term this is McNemar's exact test.

    >>> sign_flip_p(np.array([1, 1, 1, 1, 1]))
    0.03125
    """
    return _reached(fixed)[0]


def mid_p(fixed: Counts) -> float:
    """The mid-p-value of the same test: P(more than observed) + ½ P(as observed).

    It costs less power than the p-value on few terms, as half of the observed sum is not held
    against the candidate (Lancaster 1961, doi 10.1080/01621459.1961.10482105).

    >>> mid_p(np.array([1, 1, 1, 1, 1]))
    0.015625
    """
    reached, tied = _reached(fixed)
    return reached - tied / 2


def _reached(fixed: Counts) -> tuple[float, float]:
    """The share of sign flips whose sum reaches the observed one, and of those that equal it.

    Nets are whole numbers, so terms of equal size flip as a binomial, and the sum over sizes is a
    convolution.
    """
    from scipy.special import gammaln  # only a verdict pays its import

    sizes, counts = np.unique(np.abs(fixed[fixed != 0]), return_counts=True)
    flips = np.ones(1)
    for size, count in zip(sizes, counts, strict=True):
        up = np.arange(count + 1)
        logarithm = gammaln(count + 1) - gammaln(up + 1) - gammaln(count - up + 1)
        kept = np.zeros(size * count + 1)
        kept[::size] = np.exp(logarithm - count * np.log(2.0))
        flips = np.convolve(flips, kept)
    observed = (int((sizes * counts).sum()) + int(fixed.sum())) // 2
    return min(1.0, float(flips[observed:].sum())), float(flips[observed])


def alpha_of_look(look: int) -> float:
    """The level at which the look with this number, from 1, at the same rows is tested.

    Halved each time, so that all looks together keep a useless candidate in at most 5 %.

    >>> [alpha_of_look(look) for look in (1, 2, 3)]
    [0.025, 0.0125, 0.00625]
    """
    return float(ALPHA * 2.0**-look)


def alpha_of_guards(look: int, *, again: bool = False) -> float:
    """The level at which guards have to disprove a harm at the look with this number, from 1.

    That of the look; a tenth of it where this very candidate was judged before, as clips or rows could be
    added until it passes. All judgments of one candidate together then hold a guard in at most 2.75 %
    where the harm is just beyond its limit, of which the first spends 2.5.

    >>> [round(alpha_of_guards(look, again=look > 1), 6) for look in (1, 2, 3)]
    [0.025, 0.00125, 0.000625]
    """
    return alpha_of_look(look) * (AGAIN if again else 1.0)


def alpha_of_more(alpha: float) -> float:
    """The level at the next look where clips are added, and the candidate is the same."""
    return alpha / 2 * AGAIN


def resample(
    before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bootstrap clusters: the summed errors of both models in each of `DRAWS` draws.

    Clusters with the same counts are the same to a sum, so draws are multinomial over distinct ones.
    """
    pairs, counts = np.unique(np.stack([before, after], axis=1), axis=0, return_counts=True)
    size = len(before)
    drawn = np.random.default_rng(SEED).multinomial(size, counts / size, DRAWS) @ pairs
    return drawn[:, 0], drawn[:, 1]


def drop(before: int, after: int) -> float | None:
    """The relative drop of errors; undefined where there were none.

    >>> drop(10, 8), drop(0, 0)
    (0.2, None)
    """
    return (before - after) / before if before else None


def drop_interval(data: Clusters) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of the relative drop over terms.

    For the lower end one term of usual size that did not improve is added, for the upper end one
    that was fixed whole: terms that were not drawn may be so, and where all of twelve were fixed
    the plain interval would be 100 % to 100 %. The percentiles are those of Hesterberg's expanded
    interval (2015, doi 10.1080/00031305.2015.1089789): the plain ones are too narrow on few terms.
    None with a single term, or where the comparison model makes no error.
    """
    from scipy.special import ndtr, stdtrit

    if len(data.rows) < 2 or not data.before.any():
        return None
    terms = len(data.rows) + 1
    tail = float(100 * ndtr(-stdtrit(terms - 1, 0.975) * np.sqrt(terms / (terms - 1))))
    usual = float(data.before.mean())

    def percentile(added: float, percent: float) -> float:
        before, after = resample(np.append(data.before, usual), np.append(data.after, added))
        defined = before > 0
        return float(np.percentile(1.0 - after[defined] / before[defined], percent))

    return percentile(usual, tail), percentile(0.0, 100 - tail)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values of several hypotheses by Holm's step-down method.

    >>> holm({"drug": 0.01, "lab": 0.04})
    {'drug': 0.02, 'lab': 0.04}
    """
    adjusted: dict[str, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return {name: adjusted[name] for name in p_values}


def exact_rise(nets: Counts, alpha: float, usual: float) -> float:
    """The upper 1 − alpha bound on what all clusters together can be harmed by, from those that were.

    The exact one (Clopper and Pearson) on the share of clusters that were harmed, by as much as those
    were, less what was mended. Where none was harmed the share is 1 − alpha^(1/G), by `usual` each.

    >>> round(exact_rise(np.zeros(29, int), 0.05, usual=1.0) / 29, 3)
    0.098
    """
    from scipy.special import betaincinv

    count, harmed, mended = len(nets), nets[nets > 0], nets[nets < 0]
    share = (
        1.0
        if len(harmed) == count
        else float(betaincinv(len(harmed) + 1, count - len(harmed), 1.0 - alpha))
    )
    size = float(harmed.mean()) if len(harmed) else usual
    return share * count * size + float(mended.sum())


def rate_bound(
    nets: Counts, sizes: Counts, alpha: float = ALPHA, usual: float | None = None
) -> float:
    """The upper 1 − alpha bound on the rise of a rate, Σ nets / Σ sizes, from clusters.

    `nets` are the errors that the second model makes more than the first, by cluster, `sizes` what
    they are counted over. The bound is that of a ratio estimate with Student's t, and at least the
    exact one: where few clusters were harmed t is too narrow. Where none was, one would be harmed
    by `usual` errors, or whole.

    >>> round(rate_bound(np.zeros(29, int), np.ones(29, int)), 3)
    0.098
    """
    count, total = len(sizes), int(sizes.sum())
    if not count or not total:
        return 1.0
    exact = exact_rise(nets, alpha, total / count if usual is None else usual) / total
    if count < 2:
        return min(1.0, exact)
    rise = float(nets.sum()) / total
    squares = float(((nets - rise * sizes) ** 2).sum())
    spread = math.sqrt(count / (count - 1) * squares) / total
    return min(1.0, max(exact, rise + student_t(count - 1, 1.0 - alpha) * spread))


@dataclass(frozen=True)
class Excess:
    """What errors rose by beyond an allowed rise, in errors a cluster: after − before − allowed · size.

    `bound` is its upper 1 − alpha bound: below zero the rise is proven smaller. `p_value` is that of
    an excess above zero: the rise is proven larger.
    """

    bound: float
    p_value: float


def excess(nets: Counts, sizes: Counts, allowed: float, alpha: float = ALPHA) -> Excess | None:
    """Compare a rise with the allowed one by Student's t over clusters; None with fewer than two.

    `nets` and `sizes` are those of `rate_bound`; for a relative rise the sizes are the errors before.
    The p-value is at least that of a sign test on the clusters that exceed what is allowed: five of
    five have 1 / 32, however alike they are.

    >>> excess(np.full(5, 3), np.full(5, 10), 0.1)
    Excess(bound=2.0, p_value=0.03125)
    """
    from scipy.special import stdtr

    count = len(nets)
    if count < 2:
        return None
    over = nets - allowed * sizes
    mean, error = float(over.mean()), float(over.std(ddof=1)) / math.sqrt(count)
    least = 0.5 ** int((over > 1e-9).sum())
    by_t = float(stdtr(count - 1, -mean / error)) if error > 1e-12 else float(mean <= 1e-9)
    return Excess(mean + student_t(count - 1, 1.0 - alpha) * error, max(by_t, least))


def clusters_needed(
    variance: float, margin: float, alpha: float, power: float = POWER
) -> int | None:
    """Clusters that show a mean below `margin`, so often as `power`, when its true value is zero.

    By Student's t (Guenther 1981, doi 10.1080/00031305.1981.10479363); None without a margin.

    >>> clusters_needed(0.16, 0.1, 0.025), clusters_needed(0.16, 0.0, 0.025)
    (128, None)
    """
    from scipy.special import ndtri

    if margin <= 0:
        return None
    z = float(ndtri(1.0 - alpha))
    return math.ceil(((z + float(ndtri(power))) ** 2) * variance / margin**2 + z**2 / 2)


def flips_can_tell(voices: int, alpha: float) -> bool:
    """Whether sign flips over so many voices reach a level at all, where every voice is better.

    >>> [flips_can_tell(voices, 0.025) for voices in (4, 5)], flips_can_tell(5, 0.0125)
    ([False, True], False)
    """
    return bool(2.0 ** -(voices + 1) < alpha)


def voices_p(data: Clusters, alpha: float) -> float | None:
    """One-sided p-value of an improvement over voices, to be tested at `alpha`; None with one voice."""
    if len(data.rows) < 2:
        return None
    if flips_can_tell(len(data.rows), alpha):
        return mid_p(data.fixed)
    return few_voices_p(data.fixed, data.rows)


def few_voices_p(fixed: Counts, rows: Counts) -> float:
    """One-sided p-value of an improvement over two voices or more, by Student's t on their net rates.

    It is for voices too few for sign flips. The rates count as no closer to each other than if one
    voice had one row more: equal ones are no certainty.

    >>> round(few_voices_p(np.array([20, 20]), np.array([30, 30])), 4)
    0.008
    """
    from scipy.special import stdtr

    voices, rates = len(rows), fixed / rows
    least = 1.0 / (float(rows.mean()) * math.sqrt(voices))
    error = max(float(rates.std(ddof=1)), least) / math.sqrt(voices)
    return float(stdtr(voices - 1, -float(rates.mean()) / error))


def voice_interval(data: Clusters) -> tuple[float, float] | None:
    """The 95 % interval of the relative drop over voices: a ratio estimate with Student's t."""
    found = ratio_interval(data.fixed, data.before)
    return None if found is None else (found[0], min(1.0, found[1]))


def ratio_interval(counts: Counts, sizes: Counts) -> tuple[float, float] | None:
    """The 95 % interval of Σ counts / Σ sizes over clusters by Student's t; None with fewer than two."""
    if len(sizes) < 2 or not sizes.any():
        return None
    ratio = float(counts.sum() / sizes.sum())
    half = student_t(len(sizes) - 1, 0.975) * ratio_error(counts, sizes)
    return ratio - half, ratio + half


def ratio_error(counts: Counts, sizes: Counts) -> float:
    """The standard error of Σ counts / Σ sizes over two clusters or more."""
    clusters, total = len(sizes), int(sizes.sum())
    squares = float(((counts - counts.sum() / total * sizes) ** 2).sum())
    return math.sqrt(clusters / (clusters - 1) * squares) / total


def student_t(freedom: int, level: float) -> float:
    """The quantile of Student's t."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, level))
