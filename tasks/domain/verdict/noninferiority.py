"""Whether a harm is disproved: the non-inferiority test that every guard ends in.

A guard is *held* when an upper confidence bound on the rise lies within its limit, *broke* when the
rise is significantly larger than allowed, and *open* when neither is shown: the verdict is then
*grow*, and the guard names what would close it. The confidence is that of the look at these rows,
97.5 % for the first: of ten fine-tunes that each do harm, one would else pass by chance. A candidate
that was judged before has to be surer still (`alpha_of_guards`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tasks.domain.verdict.statistics import (
    ALPHA,
    Counts,
    Excess,
    alpha_of_more,
    clusters,
    clusters_needed,
    excess,
    rate_bound,
)

GUARD_POWER = 0.95  # of one guard, so that several together are held 80 times in 100
State = Literal["held", "open", "broke"]


@dataclass(frozen=True)
class Guard:
    """A harm that must be shown not to have happened.

    `comparison` and `candidate` are the measured rates, `upper` is the highest that the candidate's
    can be with this `confidence` (None where nothing can be measured) and `limit` the highest that `upper`
    may be. `p_value` is that of a rise above the allowed one, one-sided. `units` are the independent
    `unit`s tested over; about `needed` would hold it at the next look. `counted` are the words, critical
    items or rows that the rates are shares of; None before that was recorded.
    """

    name: str
    comparison: Annotated[float | None, Field(alias="base")]
    candidate: float | None
    limit: float | None
    upper: float | None
    state: State
    passed: bool
    rows: int
    unit: str
    units: int
    confidence: float
    p_value: float | None = None
    note: str = ""
    needed: int | None = None
    counted: int | None = None

    @property
    def on_general_speech(self) -> bool:
        return self.name == "general_wer" or self.name.endswith("_general")

    @property
    def sentence(self) -> str:
        note = f" {self.note}" if self.note else ""
        if self.comparison is None or self.candidate is None or self.limit is None:
            return f"Guard {self.name} is open.{note}"
        state = "is open" if self.state == "open" else self.state
        moved = f"Guard {self.name} {state}: {self.comparison:.3f} → {self.candidate:.3f}"
        if self.state == "broke":
            return f"{moved}, significantly above its margin (p = {self.p_value:.3f}).{note}"
        upper = "unknown" if self.upper is None else f"{self.upper:.3f}"
        sure = f"at most {upper} with {100 * self.confidence:.4g} % confidence"
        above = "above" if self.upper is None or self.upper > self.limit else "within"
        return f"{moved}, {sure}, {above} its limit {self.limit:.3f}.{note}"


@dataclass(frozen=True)
class Harm:
    """The counts of a guard in each row: errors of both models, and in `sizes` what could go wrong.

    `keys` are the terms or clips that the rows are of. A rise above `allowed` breaks the guard when it is
    significantly larger; `held_rise` has to be disproved where it is not the same. `counted` is which
    units count, where not all do. `usual` is the fewest errors of a row that is harmed; None: all that
    could go wrong in it.
    """

    name: str
    unit: str
    keys: Sequence[Hashable]
    before: Sequence[int]
    after: Sequence[int]
    sizes: Sequence[int]
    allowed: float
    held_rise: float | None = None
    counted: str = ""
    usual: int | None = None


def rate_guard(harm: Harm, alpha: float) -> Guard:
    """Judge the rise of Σ errors / Σ sizes."""
    margin = harm.allowed if harm.held_rise is None else harm.held_rise
    total = sum(harm.sizes)
    data = clusters(harm.keys, harm.before, harm.after)
    sized = clusters(harm.keys, harm.sizes, harm.sizes).before
    # a unit that nothing is counted over, and in which nothing happened, proves nothing
    real = (sized > 0) | (data.fixed != 0)
    if not total:
        note = "No row of the test side measures it."
        return unknown_guard(harm.name, harm.unit, alpha, note)
    comparison, candidate = sum(harm.before) / total, sum(harm.after) / total
    nets, sizes, units = -data.fixed[real], sized[real], int(real.sum())
    whole = total / units
    usual = whole if harm.usual is None else harm.usual * float(data.rows[real].mean())
    upper = rate_bound(nets, sizes, alpha, usual)
    over = excess(nets, sizes, harm.allowed, alpha)
    least = units_needed(margin * whole / usual, alpha)  # fewer prove nothing, whatever they show
    state = state_of(over, upper <= margin and units >= least)
    # terms come with another candidate, clips can be added for this one
    later = alpha / 2 if harm.unit == "term" else alpha_of_more(alpha)
    needed, note = _needed(nets, whole, usual, margin, later), ""
    if state == "open" and upper <= margin:
        needed = units_needed(margin * whole / usual, later)
        note = (
            f"Fewer than {least:,} {harm.unit}s{harm.counted} prove nothing, whatever they show; there "
            f"are {units:,}."
        )
    elif state == "open":
        needed = max(needed, units + 1)
        note = (
            f"About {needed:,} {harm.unit}s{harm.counted} show a rise below {margin:.0%} at the next "
            f"look; there are {units:,}."
        )
    return Guard(
        name=harm.name,
        comparison=comparison,
        candidate=candidate,
        limit=comparison + margin,
        upper=comparison + upper,
        state=state,
        passed=state == "held",
        rows=len(harm.keys),
        unit=harm.unit,
        units=units,
        confidence=1 - alpha,
        p_value=over.p_value if over else None,
        note=note,
        needed=needed,
        counted=total,
    )


def _needed(nets: Counts, whole: float, usual: float, margin: float, later: float) -> int:
    """Return the units that hold a guard `GUARD_POWER` of the time at a level, if harm is as measured.

    The changes are those that were measured, and one unit more as far as that is within what is
    allowed: no harm in a few is no promise. The margin is less the measured rise, which counts the
    more the more units it was measured on, and at least half of what is allowed is left.
    """
    units = len(nets)
    size = float(np.abs(nets[nets != 0]).mean()) if nets.any() else usual
    changes = float((nets**2).sum()) / whole**2
    one_more = (changes + (size / whole) ** 2) / (units + 1)
    variance = max(changes / units, min(one_more, margin * size / whole))
    least = units_needed(margin * whole / usual, later)
    rise = max(0.0, float(nets.sum()) / (whole * (units + least)))
    left = max(margin - rise, margin / 2)
    by_t = clusters_needed(variance, left, later, GUARD_POWER) or 0
    return max(by_t, units_needed(left * whole / usual, later))


def unknown_guard(
    name: str,
    unit: str,
    alpha: float,
    note: str,
    comparison: float | None = None,
    candidate: float | None = None,
) -> Guard:
    """An open guard that nothing can be measured of."""
    return Guard(
        name=name,
        comparison=comparison,
        candidate=candidate,
        limit=None,
        upper=None,
        state="open",
        passed=False,
        rows=0,
        unit=unit,
        units=0,
        confidence=1 - alpha,
        note=note,
    )


def state_of(over: Excess | None, bounded: bool) -> State:
    """Return the state: broke where the excess over what is allowed is significant."""
    if over is not None and over.p_value < ALPHA:
        return "broke"
    return "held" if bounded else "open"


def units_needed(rise: float, alpha: float = ALPHA) -> int:
    """Units in which nothing happened that show a rise below this, with 1 − alpha confidence.

    >>> units_needed(0.1), units_needed(0.01), units_needed(0.1, 0.025)
    (29, 299, 36)
    """
    return math.ceil(math.log(alpha) / math.log(1.0 - rise)) if rise < 1 else 1
