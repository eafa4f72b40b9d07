"""Divide the rows into training and validation: row-disjoint, stratified by entity category."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy


@dataclass(frozen=True)
class Split:
    """Row positions (0-based, in manifest order) on each side, and what was worth a warning."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    warnings: tuple[str, ...]


def split_rows(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> Split:
    """Hold out `max(1, int(share · n))` rows of each category of n rows, by seed.

    A category with one row goes to training whole, with a warning.
    """
    from sklearn.model_selection import train_test_split  # takes 2 s: only a split pays it

    positions: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        positions[row.entity_category].append(position)
    train: list[int] = []
    validation: list[int] = []
    warnings = []
    for category, members in sorted(positions.items()):
        if len(members) == 1:
            train += members
            warnings.append(f"{category} has one row: it trains and is not validated")
            continue
        held_out = max(1, math.floor(policy.validation_share * len(members) + 1e-9))
        kept, out = train_test_split(members, test_size=held_out, random_state=policy.seed)
        train += kept
        validation += out
    return Split(tuple(sorted(train)), tuple(sorted(validation)), tuple(warnings))


def rows_per_category(rows: Sequence[ClinicalRow]) -> dict[str, int]:
    """Count rows by category, most first."""
    return dict(Counter(row.entity_category for row in rows).most_common())
