"""What makes a benchmark that is built from a list of terms large enough for the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tasks.domain.gate import too_small
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.policy.build import MOST_ROWS_PER_TERM
from tasks.domain.scoring.normalize import normalize
from tasks.domain.split import rows_per_category

MORE_TERMS = "more terms in terms.csv"


def shortage(rows: Sequence[ClinicalRow], policy: Policy) -> list[str]:
    """Say what the gate will find too small."""
    return too_small(len(rows), rows_per_category(rows), policy)


def what_helps(rows: Sequence[ClinicalRow], policy: Policy) -> str:
    """Name the change with which a build makes enough rows."""
    needed = rows_per_term_needed(rows, policy)
    if needed is None:
        return MORE_TERMS
    return f"`build: {{rows_per_term: {needed}}}` in flywheel.yaml, or {MORE_TERMS}"


def rows_per_term_needed(rows: Sequence[ClinicalRow], policy: Policy) -> int | None:
    """Give the least rows_per_term above the present one with which these terms have enough rows.

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
