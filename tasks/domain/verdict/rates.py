"""The rates of one system on groups of rows, with intervals over terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import Summary
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.critical import Change
from tasks.domain.verdict.statistics import (
    Counts,
    clusters,
    ratio_error,
    ratio_interval,
    student_t,
)

Interval = tuple[float, float]


@dataclass(frozen=True)
class Group:
    """Rows of one kind, as one system transcribed them; `missed` is of the view that decides.

    Intervals are over terms, None with a single one.
    """

    rows: int
    terms: int
    missed: int
    rates: Summary
    ker_ci95: Interval | None
    ker_canonical_ci95: Interval | None
    wer_corpus_canonical_ci95: Interval | None


@dataclass(frozen=True)
class SystemRates:
    """The rates of one system: on the rows that decide, on all of them, and by category.

    `missed` has 1 for each row whose term is missed, in the view that decides, `changes` the critical items
    that were changed in each row.
    """

    name: str
    missed: Sequence[int]
    changes: Sequence[Sequence[Change]]
    judged: Group
    all: Group
    categories: Mapping[str, Group]


def group_rates(
    rows: Sequence[ClinicalRow], scored: ScoredHypotheses, positions: Sequence[int]
) -> Group:
    """Sum up one system on the rows at these positions."""
    here = scored.at(positions)
    terms = [normalize(rows[n].term) for n in positions]
    published, canonical = (
        clusters(terms, (one.missed == 1).tolist(), (one.missed == 1).tolist())
        for one in (here.published, here.canonical)
    )
    words = clusters(terms, here.canonical.words.tolist(), here.canonical.word_errors.tolist())
    wer = ratio_interval(words.after, words.before)
    return Group(
        rows=len(positions),
        terms=len(set(terms)),
        missed=sum(here.missed),
        rates=here.summary,
        ker_ci95=share_interval(published.before, published.rows),
        ker_canonical_ci95=share_interval(canonical.before, canonical.rows),
        wer_corpus_canonical_ci95=wer and (max(0.0, wer[0]), wer[1]),
    )


def share_interval(counts: Counts, sizes: Counts) -> tuple[float, float] | None:
    """The 95 % interval of a share, Σ counts / Σ sizes, over clusters; None with fewer than two.

    The exact one (Clopper and Pearson) on as many independent rows as have this standard error (Korn and
    Graubard 1998); where no cluster varies, on as many as there are clusters.

    >>> import numpy as np
    >>> low, high = share_interval(np.zeros(36, int), np.full(36, 12))
    >>> low, round(high, 3)
    (0.0, 0.097)
    """
    from scipy.special import betaincinv

    rows, units = int(sizes.sum()), len(sizes)
    if units < 2:
        return None
    share, error = float(counts.sum()) / rows, ratio_error(counts, sizes)
    alike = float(units)
    if error > 0:
        narrower = student_t(rows - 1, 0.975) / student_t(units - 1, 0.975)
        alike = min(float(rows), share * (1 - share) / error**2 * narrower**2)
    hit, missed = share * alike, (1 - share) * alike
    lower = float(betaincinv(hit, missed + 1, 0.025)) if hit else 0.0
    upper = float(betaincinv(hit + 1, missed, 0.975)) if missed else 1.0
    return lower, upper
