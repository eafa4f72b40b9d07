"""Whether a harm is disproved: the non-inferiority test that every guard ends in.

A guard is *held* when an upper confidence bound on the rise lies within its limit, *broke* when the
rise is larger than allowed and significant, and *open* when neither is shown: the verdict is then
*grow*, and the guard says what would close it. The confidence is that of the look at these rows,
97.5 % for the first: of ten fine-tunes that each do harm, one would else pass by chance.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from tasks.domain.verdict.statistics import ALPHA, clusters, rate_bound, sign_flip_p

State = Literal["held", "open", "broke"]


@dataclass(frozen=True)
class Guard:
    """A harm that must be shown not to have happened.

    `comparison` and `candidate` are the measured rates, `upper` is the highest that the candidate's
    can be with this `confidence` (None where nothing can be said) and `limit` the highest that `upper`
    may be. `p_value` is that of a rise, one-sided. `units` are the independent `unit`s tested over.
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

    @property
    def sentence(self) -> str:
        note = f" {self.note}" if self.note else ""
        if self.comparison is None or self.candidate is None or self.limit is None:
            return f"Guard {self.name} is open.{note}"
        state = "is open" if self.state == "open" else self.state
        moved = f"Guard {self.name} {state}: {self.comparison:.3f} → {self.candidate:.3f}"
        if self.state == "broke":
            return f"{moved}, significantly (p = {self.p_value:.3f}).{note}"
        upper = "unknown" if self.upper is None else f"{self.upper:.3f}"
        sure = f"at most {upper} with {100 * self.confidence:.4g} % confidence"
        above = "above" if self.state == "open" else "within"
        return f"{moved}, {sure}, {above} its limit {self.limit:.3f}.{note}"


def rate_guard(
    name: str,
    unit: str,
    keys: Sequence[Hashable],
    both: tuple[Sequence[int], ...],
    sizes: Sequence[int],
    allowed: float,
    held_rise: float | None,
    alpha: float,
    counted: str = "",
) -> Guard:
    """Judge the rise of Σ errors / Σ sizes: broken above `allowed`, held within `held_rise`.

    `counted` says which units count, where not all do.
    """
    held_rise = allowed if held_rise is None else held_rise
    before, after = both
    total = sum(sizes)
    data = clusters(keys, before, after)
    sized = clusters(keys, sizes, sizes).before
    # a unit that nothing is counted over, and in which nothing happened, proves nothing
    real = (sized > 0) | (data.fixed != 0)
    if not total:
        note = "No row of the test side says anything about it."
        return unknown_guard(name, unit, alpha, note)
    comparison, candidate = sum(before) / total, sum(after) / total
    upper = rate_bound(-data.fixed[real], sized[real], alpha)
    p_value = sign_flip_p(-data.fixed)
    risen = sum(after) - sum(before) > allowed * total + 1e-9
    units = int(real.sum())
    needed = units_needed(held_rise, alpha)  # fewer prove nothing, whatever happened in them
    state = state_of(risen, p_value, upper <= held_rise and units >= needed)
    note = ""
    if state == "open":
        note = (
            f"It takes {needed} {unit}s{counted} without harm to show a rise below {held_rise:.0%}; "
            f"there are {units}."
            if units < needed
            else f"Add {unit}s{counted}: the {units} leave it undecided."
        )
    return Guard(
        name=name,
        comparison=comparison,
        candidate=candidate,
        limit=comparison + held_rise,
        upper=comparison + upper,
        state=state,
        passed=state == "held",
        rows=len(keys),
        unit=unit,
        units=units,
        confidence=1 - alpha,
        p_value=p_value,
        note=note,
    )


def unknown_guard(
    name: str,
    unit: str,
    alpha: float,
    note: str,
    comparison: float | None = None,
    candidate: float | None = None,
) -> Guard:
    """An open guard that nothing can be said of."""
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


def state_of(risen: bool, p_value: float, bounded: bool) -> State:
    if risen and p_value < ALPHA:
        return "broke"
    return "held" if bounded else "open"


def units_needed(rise: float, alpha: float = ALPHA) -> int:
    """Units in which nothing happened that show a rise below this, with 1 − alpha confidence.

    >>> units_needed(0.1), units_needed(0.01), units_needed(0.1, 0.025)
    (29, 299, 36)
    """
    return math.ceil(math.log(alpha) / math.log(1.0 - rise))
