"""What a benchmark can show, before the GPU is spent: the drop it would see, the rows it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.statistics import SEED, Z_ALPHA, Z_POWER

DRAWS = 500
FLIPS = 0.08  # of all rows, each way, without any true change: what two trainings differ by
TOGETHER = 0.5  # share of flips that all rows of a term make together
POWER = 0.8
STEP = 0.05


@dataclass(frozen=True)
class Power:
    """What the held-out priority rows can show; KER is the comparison model's.

    `minimum_detectable_drop` is the smallest relative drop of KER that a significance test at 5 %
    would find 80 times in 100, None when it would not even find a drop to zero. `rows_needed` is
    how many priority rows the whole benchmark needs to show `wanted_drop`.
    """

    held_out_rows: int
    terms: int
    ker: float
    wanted_drop: float
    minimum_detectable_drop: Annotated[float | None, Field(alias="visible_drop")]
    rows_needed: int

    @property
    def enough(self) -> bool:
        return (
            self.minimum_detectable_drop is not None
            and self.minimum_detectable_drop <= self.wanted_drop
        )

    @property
    def sentence(self) -> str:
        if self.minimum_detectable_drop is None:
            shown = "would not show even a drop to zero"
        else:
            shown = f"show a drop of {self.minimum_detectable_drop:.0%} or more 80 times in 100"
        needed = f"; to see {self.wanted_drop:.0%} takes about {self.rows_needed} priority rows"
        terms = f"{self.terms} term{'s' if self.terms > 1 else ''}"
        return (
            f"Power: {self.held_out_rows} held-out rows, from {terms} at KER {self.ker:.3f}, "
            f"{shown}{'' if self.enough else needed}."
        )


def power(
    terms: Sequence[str], missed: Sequence[int], held_out: int, wanted_drop: float
) -> Power | None:
    """Simulate cycles of which `held_out` of these rows decide; rows run in parallel.

    In each, a true drop fixes that share of the misses, and of what it leaves to chance `FLIPS` of
    the rows change each way. None when there is nothing to see: no row held out, or no miss.
    """
    if not held_out or not any(missed):
        return None
    simulate = _cycles(terms, missed, held_out)
    steps = [round(step * STEP, 2) for step in range(1, round(1 / STEP) + 1)]
    detectable = next((wanted for wanted in steps if _found(*simulate(wanted)) >= POWER), None)
    needed = _times_needed(*simulate(wanted_drop)) * len(terms)
    return Power(
        held_out_rows=held_out,
        terms=len(set(terms)),
        ker=sum(missed) / len(missed),
        wanted_drop=wanted_drop,
        minimum_detectable_drop=detectable,
        rows_needed=math.ceil(needed),
    )


def priority_power(
    rows: Sequence[ClinicalRow], kers: Sequence[int | None], held_out: int, policy: Policy
) -> Power | None:
    """The power of a benchmark's priority rows, of which `held_out` decide.

    `kers` runs beside `rows`: 1 where the comparison model missed the term.
    """
    chosen = policy.priority_positions(rows)
    terms, missed = [rows[n].term for n in chosen], [kers[n] or 0 for n in chosen]
    return power(terms, missed, held_out, policy.decide.keep_drop)


def _cycles(
    terms: Sequence[str], missed: Sequence[int], held_out: int
) -> Callable[[float], tuple[np.ndarray, np.ndarray]]:
    """Draw held-out rows and luck once; give the function that applies a true drop to them.

    It returns the sum of net fixes of each draw, and the sum of their squares over terms.
    """
    rng = np.random.default_rng(SEED)
    _, term = np.unique(np.asarray(terms), return_inverse=True)
    count = int(term.max()) + 1
    rows = rng.random((DRAWS, len(term)), dtype=np.float32).argpartition(held_out - 1, axis=1)
    rows = rows[:, :held_out]
    miss, own = np.asarray(missed, bool)[rows], term[rows]
    alone = rng.random((DRAWS, held_out))
    shared = np.take_along_axis(rng.random((DRAWS, count)), own, axis=1)
    luck = np.where(rng.random((DRAWS, held_out)) < TOGETHER, shared, alone)
    ker = float(np.mean(missed))
    flips = min(FLIPS, ker, 1.0 - ker)
    cell = (np.arange(DRAWS)[:, None] * count + own).ravel()

    def simulate(true_drop: float) -> tuple[np.ndarray, np.ndarray]:
        chance = flips * (1.0 - true_drop)  # a drop to zero leaves no room for luck
        fixed = miss & (luck < chance / ker + true_drop)
        broken = ~miss & (luck > 1.0 - chance / (1.0 - ker)) if ker < 1.0 else np.zeros_like(miss)
        net = 1.0 * fixed - broken
        by_term = np.bincount(cell, net.ravel(), DRAWS * count).reshape(DRAWS, count)
        return by_term.sum(axis=1), (by_term**2).sum(axis=1)

    return simulate


def _found(fixed: np.ndarray, squares: np.ndarray) -> float:
    """The share of draws that are significant, by the normal form of the sign-flip test."""
    return float((fixed - 1 > Z_ALPHA * np.sqrt(squares)).mean())


def _times_needed(fixed: np.ndarray, squares: np.ndarray) -> float:
    """How many benchmarks like this one, of other terms each, find the drop 80 times in 100.

    Sums grow with their number k, spreads with its root: solve k·mean − √k·(spreads) − 1 = 0.
    """
    mean = float(fixed.mean())
    spreads = Z_ALPHA * math.sqrt(squares.mean()) + Z_POWER * float(fixed.std())
    return ((spreads + math.sqrt(spreads**2 + 4 * mean)) / (2 * mean)) ** 2
