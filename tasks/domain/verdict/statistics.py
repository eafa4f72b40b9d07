"""Paired statistics of two models on the same rows, with terms as the unit.

Rows of one term are not independent, so every test sums what happened to a term first. Nothing here
reads a global random state: the same counts give the same figures.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
DRAWS, SEED = 10_000, 20_240_501
Z_ALPHA, Z_POWER = 1.6449, 0.8416  # normal quantiles of 0.95 and 0.80
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
    size: nets are whole numbers, so terms of equal size flip as a binomial, and the sum over sizes
    is a convolution. With one row a term this is McNemar's exact test.

    >>> sign_flip_p(np.array([1, 1, 1, 1, 1]))
    0.03125
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
    reached = (int((sizes * counts).sum()) + int(fixed.sum())) // 2
    return min(1.0, float(flips[reached:].sum()))


def resample(data: Clusters, draws: int = DRAWS, seed: int = SEED) -> tuple[Counts, Counts]:
    """Bootstrap clusters: the summed errors of both models in each draw, two arrays of `draws`.

    Clusters with the same counts are the same to a sum, so draws are multinomial over distinct ones.
    """
    pairs, counts = np.unique(
        np.stack([data.before, data.after], axis=1), axis=0, return_counts=True
    )
    size = len(data.rows)
    drawn = np.random.default_rng(seed).multinomial(size, counts / size, draws) @ pairs
    return drawn[:, 0], drawn[:, 1]


def drop(before: int, after: int) -> float | None:
    """The relative drop of errors; undefined where there were none.

    >>> drop(10, 8), drop(0, 0)
    (0.2, None)
    """
    return (before - after) / before if before else None


def drop_interval(data: Clusters) -> tuple[float, float] | None:
    """The 95 % bootstrap interval of the relative drop over terms.

    The percentiles are those of Hesterberg's expanded interval (2015, doi
    10.1080/00031305.2015.1089789): the plain ones are too narrow on few terms. Draws in which the
    comparison model makes no error leave the drop undefined and are left out; None when more than
    one draw in twenty is, or with a single term.
    """
    from scipy.special import ndtr, stdtrit

    terms = len(data.rows)
    if terms < 2:
        return None
    before, after = resample(data)
    defined = before > 0
    if defined.mean() < 0.95:
        return None
    tail = 100 * ndtr(-stdtrit(terms - 1, 0.975) * np.sqrt(terms / (terms - 1)))
    low, high = np.percentile(1.0 - after[defined] / before[defined], [tail, 100 - tail])
    return float(low), float(high)


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


@dataclass(frozen=True)
class Rise:
    """A relative rise of errors: its one-sided p-value, and the smallest rise that these clips
    would show 80 times in 100."""

    p_value: float
    minimum_detectable: float


def rise(data: Clusters) -> Rise | None:
    """Test by paired bootstrap whether errors rose; None where the comparison model makes none.

    The reference words of both models are the same, so the ratio of errors is that of corpus WERs.
    """
    if not data.before.sum():
        return None
    before, after = resample(data)
    p_value = (1 + int((after <= before).sum())) / (len(before) + 1)
    spread = float((after - before).std()) / float(data.before.sum())
    return Rise(p_value, (Z_ALPHA + Z_POWER) * spread)
