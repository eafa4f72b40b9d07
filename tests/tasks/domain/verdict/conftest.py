"""A decision on rows that a test names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import GuardSet, ScoredHypotheses
from tasks.domain.verdict.decide import Decision, decide
from tests.tasks.domain.verdict.judged import HELD, Decide, Maker, benchmark


@pytest.fixture
def verdict_of(row: Maker) -> Decide:
    """Decide on 20 trained rows that turned perfect, one of validation, and test rows as given."""

    def decided(
        before: Sequence[int],
        after: Sequence[int],
        general: GuardSet | None = HELD,
        category: str = "drug",
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        folds: Sequence[int] | None = None,
        **more: Any,
    ) -> Decision:
        missed = [[1] * 21 + list(before), [0] * 21 + list(after)]
        rows, both = benchmark(row, missed, entity_category=category)
        split = Split(tuple(range(20)), tuple(range(21, len(rows))), (20,))
        judged: ScoredHypotheses | None = None
        if folds is not None:
            judged = benchmark(row, [missed[0], folds])[1].candidate
        return decide(rows, split, both, general, policy, judged, **more)

    return decided
