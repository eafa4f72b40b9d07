"""Whether a flywheel goes on by itself: what follows from its last cycle, and where its policy ends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.policy import AdvancePolicy

GOES_ON = ("grow", "gate:harden")  # a growth plan is there, or harder speech is asked for
ENOUGH_ALIKE = 2  # cycles in a row


@dataclass(frozen=True)
class EndedCycle:
    """How a cycle ended: a verdict, or `gate:` and its route; the drop is None where none was judged."""

    number: int
    outcome: str
    relative_drop: float | None
    hours: float


@dataclass(frozen=True)
class Advance:
    """The cycle to build next, None where none is, and why."""

    build: int | None
    why: str


def advance(cycles: Sequence[EndedCycle], limits: AdvancePolicy, built: int = 0) -> Advance:
    """Say what follows from cycles that ended, in their order; `built` is the last one that was built.

    >>> advance([EndedCycle(1, "grow", 0.2, 0.1)], AdvancePolicy()).build
    2
    >>> advance([EndedCycle(1, "keep", 0.4, 0.1)], AdvancePolicy()).why
    'cycle 1 ended in keep'
    """
    if not cycles:
        return Advance(None, "no cycle has ended yet")
    last, why = cycles[-1], _limit(cycles, limits)
    if last.outcome not in GOES_ON:
        return Advance(None, f"cycle {last.number} ended in {last.outcome}")
    if why:
        return Advance(None, f"cycle {last.number} ended in {last.outcome}, and {why}")
    if last.number + 1 == built:
        return Advance(None, f"cycle {built} is built and has not ended: another process runs it")
    return Advance(last.number + 1, f"cycle {last.number} ended in {last.outcome}")


def _limit(cycles: Sequence[EndedCycle], limits: AdvancePolicy) -> str:
    """Say which limit of the policy is reached; empty where none is."""
    hours = sum(one.hours for one in cycles)
    latest = [one.relative_drop for one in cycles[-ENOUGH_ALIKE:]]
    small = [drop for drop in latest if drop is not None and drop < limits.min_drop]
    if cycles[-1].number >= limits.max_cycles:
        return f"advance.max_cycles is {limits.max_cycles}"
    if limits.max_hours is not None and hours >= limits.max_hours:
        return f"the jobs took {hours:.3g} hours, and advance.max_hours is {limits.max_hours:g}"
    if len(small) == ENOUGH_ALIKE:
        return (
            f"in {ENOUGH_ALIKE} cycles in a row the priority KER fell by less than "
            f"advance.min_drop, {limits.min_drop:.0%}"
        )
    return ""
