"""What makes a benchmark harder that a model has mastered: harder conditions, and more voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.benchmark.conditions import Condition

LADDER = (  # by the word error rates in benchmarks/RESULTS.md
    Condition(),
    Condition("pink", 15.0),
    Condition("pink", 5.0),
    Condition("babble", 10.0),
    Condition("pink", 0.0),
    Condition("pink", 5.0, rate=1.25),
    Condition("pink", 10.0, reverberation_seconds=0.4),
    Condition("pink", 10.0, band="telephone"),
    Condition("pink", 5.0, band="telephone"),
    Condition("babble", 5.0),
    Condition("pink", 5.0, reverberation_seconds=0.6),
    Condition("babble", 5.0, band="telephone", rate=1.25),
    Condition("babble", 0.0, reverberation_seconds=0.6, rate=1.25),
    Condition("babble", 0.0, rate=0.85),
)


def harder_conditions(used: Sequence[Condition], rungs: int = 3) -> tuple[Condition, ...]:
    """Give the next rungs above the hardest condition in use; the topmost ones where it is up there.

    A condition that is on no rung counts as the lowest.
    """
    reached = max((LADDER.index(one) for one in used if one in LADDER), default=0)
    return LADDER[min(reached + 1, len(LADDER) - rungs) :][:rungs]


def standing_conditions(
    used: Sequence[Condition], levels: Sequence[Condition], rungs: int = 3
) -> tuple[Condition, ...]:
    """Give the hardest rungs in use above those of the policy; the policy's where there are none.

    >>> levels = [Condition(), Condition("pink", 15.0)]
    >>> standing_conditions([*levels, LADDER[4]], levels) == LADDER[2:5]
    True
    >>> standing_conditions(levels, levels) == tuple(levels)
    True
    """
    usual = max((LADDER.index(one) for one in levels if one in LADDER), default=-1)
    reached = max((LADDER.index(one) for one in used if one in LADDER), default=-1)
    if reached <= usual:
        return tuple(levels)
    return LADDER[max(usual + 1, reached + 1 - rungs) : reached + 1]


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Give the condition of a row by its fields.

    >>> condition_of({"noise_level": "snr_5db", "noise_type": "babble", "rate": 1.25}).fields
    {'noise_level': 'snr_5db', 'noise_type': 'babble', 'rate': 1.25}
    """
    plain = Condition.of(row["noise_level"])
    return Condition(
        row.get("noise_type", plain.noise),
        plain.snr_db,
        row.get("band", plain.band),
        row.get("reverberation", plain.reverberation_seconds),
        row.get("rate", plain.rate),
    )


def more_voices(used: Sequence[str], there: Sequence[str], more: int = 2) -> tuple[str, ...]:
    """Add voices of an engine to those in use, as many as are wanted and there are.

    >>> more_voices(["a"], ["a", "b", "c"], more=1)
    ('a', 'b')
    """
    return (*used, *[voice for voice in there if voice not in used][:more])
