"""Simulate the verdict: how often it keeps a useless candidate, and a useful one.

    python reference/simulation.py          # prints the tables of VERDICT.md

Rows are drawn with a KER of one half; without any true change 8 % of rows flip each way, which is
what two trainings of one recipe differ by. Clustered rows stand in terms of five that are heard,
missed, fixed and broken together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tasks.domain.policy import DecisionPolicy
from tasks.domain.verdict.decide import keeps
from tasks.domain.verdict.statistics import ALPHA, Clusters, drop_interval, sign_flip_p

KER, FLIPS = 0.5, 0.08
ROWS = (5, 10, 20, 50, 100, 500)
ROWS_PER_TERM = 5
LIMITS = DecisionPolicy()


@dataclass(frozen=True)
class Trials:
    """Missed rows by term, before and after; both arrays are trials × terms."""

    before: np.ndarray
    after: np.ndarray

    @property
    def fixed(self) -> np.ndarray:
        return self.before - self.after

    @property
    def drops(self) -> np.ndarray:
        """The relative drop of each trial; nan where nothing was missed before."""
        missed = self.before.sum(axis=1)
        return np.divide(
            self.fixed.sum(axis=1), missed, where=missed > 0, out=np.full(len(missed), np.nan)
        )


def cycles(trials: int, rows: int, true_drop: float, *, clustered: bool, seed: int = 0) -> Trials:
    """Simulate cycles on benchmarks of `rows` held-out priority rows."""
    rng = np.random.default_rng(seed)
    size = min(ROWS_PER_TERM, rows) if clustered else 1
    shape = (trials, rows // size)
    missed = rng.random(shape) < KER
    luck = rng.random(shape)
    chance = FLIPS * (1 - true_drop)  # a drop to zero leaves no room for chance
    fixed = missed & (luck < chance / KER + true_drop)
    broken = ~missed & (luck < chance / (1 - KER))
    return Trials(size * missed.astype(int), size * ((missed & ~fixed) | broken).astype(int))


def keep_share(done: Trials) -> tuple[float, float]:
    """The share of trials that the published rule keeps, and that ours keeps."""
    large = np.array([keeps(value, LIMITS) for value in done.drops])
    kept = done.fixed[large]
    sizes = np.unique(np.abs(kept[kept != 0]))
    facts = [(np.abs(kept) == size).sum(axis=1) for size in sizes] + [kept.sum(axis=1)]
    _, first, place = np.unique(
        np.stack(facts, axis=1), axis=0, return_index=True, return_inverse=True
    )  # trials of the same counts have the same p-value
    p_values = np.array([sign_flip_p(kept[index]) for index in first])
    ours = int((p_values[place.ravel()] < ALPHA).sum()) if len(kept) else 0
    return float(large.mean()), ours / len(large)


def coverage(trials: int, terms: int, rows_per_term: int, true_drop: float, seed: int = 1) -> float:
    """How often the interval holds the true drop, of terms that differ in KER and in drop."""
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(trials):
        ker = rng.beta(2, 2, terms)
        before = rng.binomial(rows_per_term, ker)
        after = rng.binomial(rows_per_term, ker * (1 - true_drop))
        low, high = drop_interval(Clusters(np.full(terms, rows_per_term), before, after)) or (0, 0)
        inside += low <= true_drop <= high
    return inside / trials


def main() -> None:
    """Print both tables in markdown."""
    print(
        "| rows | terms | false keep, published | false keep, ours | true drop 20 % | 40 % | 60 % |"
    )
    print("|---|---|---|---|---|---|---|")
    for clustered in (False, True):
        for rows in ROWS:
            shares = [
                keep_share(cycles(20_000, rows, d, clustered=clustered)) for d in (0, 0.2, 0.4, 0.6)
            ]
            terms = rows // ROWS_PER_TERM if clustered else rows
            power = " | ".join(f"{theirs:.2f} / {ours:.2f}" for theirs, ours in shares[1:])
            print(f"| {rows} | {terms} | {shares[0][0]:.3f} | {shares[0][1]:.3f} | {power} |")
    print("\n| terms | rows a term | coverage |\n|---|---|---|")
    for terms, rows in ((10, 2), (20, 2), (20, 5), (50, 1), (50, 5), (100, 5)):
        print(f"| {terms} | {rows} | {coverage(2_000, terms, rows, 0.4):.3f} |")


if __name__ == "__main__":
    main()
