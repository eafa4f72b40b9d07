"""Harder conditions than those that a model has mastered, further voices, and enough rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.benchmark.conditions import Condition
from tasks.domain.gate import too_small
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.policy.build import MOST_ROWS_PER_TERM
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import rows_per_category

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
MORE_TERMS = "more terms in terms.csv"


def harder_conditions(used: Sequence[Condition], rungs: int = 3) -> tuple[Condition, ...]:
    """Return the next rungs above the hardest condition in use; the topmost ones where it is up there.

    A condition that is on no rung counts as the lowest.
    """
    reached = max((LADDER.index(one) for one in used if one in LADDER), default=0)
    return LADDER[min(reached + 1, len(LADDER) - rungs) :][:rungs]


def current_conditions(
    used: Sequence[Condition], levels: Sequence[Condition], rungs: int = 3
) -> tuple[Condition, ...]:
    """Return the hardest rungs in use above those of the policy; the policy's where there are none.

    >>> levels = [Condition(), Condition("pink", 15.0)]
    >>> current_conditions([*levels, LADDER[4]], levels) == LADDER[2:5]
    True
    >>> current_conditions(levels, levels) == tuple(levels)
    True
    """
    usual = max((LADDER.index(one) for one in levels if one in LADDER), default=-1)
    reached = max((LADDER.index(one) for one in used if one in LADDER), default=-1)
    if reached <= usual:
        return tuple(levels)
    return LADDER[max(usual + 1, reached + 1 - rungs) : reached + 1]


def condition_of(row: Mapping[str, Any]) -> Condition:
    """Return the condition of a row by its fields.

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


def shortage(rows: Sequence[ClinicalRow], policy: Policy) -> list[str]:
    """Return the parts of the benchmark that the gate will find too small."""
    return too_small(len(rows), rows_per_category(rows), policy)


def what_helps(rows: Sequence[ClinicalRow], policy: Policy) -> str:
    """Name the change with which a build makes enough rows."""
    needed = rows_per_term_needed(rows, policy)
    if needed is None:
        return MORE_TERMS
    return f"`build: {{rows_per_term: {needed}}}` in flywheel.yaml, or {MORE_TERMS}"


def rows_per_term_needed(rows: Sequence[ClinicalRow], policy: Policy) -> int | None:
    """Return the least rows_per_term above the present one with which these terms have enough rows.

    None where none that the policy allows suffices. A term that has fewer rows than are asked for
    is taken to lack as many again.
    """
    counts = Counter((normalize(row.term), row.entity_category) for row in rows)
    present = policy.build.rows_per_term
    for wanted in range(present + 1, MOST_ROWS_PER_TERM + 1):
        build = policy.build.model_copy(update={"rows_per_term": wanted})
        later = Counter[str]()
        for (_, category), count in counts.items():
            priority = category in policy.priority_categories
            asked = build.rows_of(priority)
            added = asked - policy.build.rows_of(priority)
            later[category] += max(count, min(count + added, asked))
        if not too_small(later.total(), dict(later), policy):
            return wanted
    return None
