"""Divide the rows into training and validation, stratified by entity category."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from warnings import catch_warnings

import numpy as np

from tasks.domain.errors import Fault
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy
from tasks.domain.scoring.normalize import normalize


@dataclass(frozen=True)
class Split:
    """Row positions (0-based, in manifest order) on each side, and what was worth a warning."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    warnings: tuple[str, ...]


def held_out(rows: int, share: float) -> int:
    """How many of a category's rows are held out: `max(1, int(share · n))`, none of a single row.

    >>> [held_out(n, 0.2) for n in (1, 4, 10, 14)]
    [0, 1, 2, 2]
    """
    return max(1, math.floor(share * rows + 1e-9)) if rows > 1 else 0


def split_rows(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> Split:
    """Hold out a share of each category by seed; no group of `group_by` stands on both sides.

    A category with one row, or one group, goes to training whole, with a warning.
    """
    if policy.group_by != "row":
        return _split_groups(rows, policy)
    from sklearn.model_selection import train_test_split  # takes 2 s: only a split pays it

    validation: list[int] = []
    warnings = []
    for category, members in _by_category(rows).items():
        if len(members) == 1:
            warnings.append(f"{category} has one row: it trains and is not validated")
            continue
        wanted = held_out(len(members), policy.validation_share)
        _, out = train_test_split(members, test_size=wanted, random_state=policy.seed)
        validation += out
    return _sides(rows, validation, warnings)


def _split_groups(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> Split:
    """Hold out whole groups, in an order drawn by seed, until each category has its rows.

    A group that one category held out is held out of the others too; the last group of a category
    always trains.
    """
    keys = group_keys(rows, policy)
    rng = np.random.default_rng(policy.seed)
    out: set[str] = set()
    trained: set[str] = set()
    warnings = []
    for category, members in _by_category(rows).items():
        groups = Counter(keys[p] for p in members)
        wanted = held_out(len(members), policy.validation_share)
        held = sum(rows for group, rows in groups.items() if group in out)
        free = sum(group not in out for group in groups)
        for group in rng.permutation(np.array(list(groups), dtype=object)):
            if group not in out and group not in trained and held < wanted and free > 1:
                out.add(group)
                held, free = held + groups[group], free - 1
        if not held:
            warnings.append(f"{category} has one {policy.group_by}: it trains and is not validated")
        trained |= groups.keys() - out
    return _sides(rows, [p for p, key in enumerate(keys) if key in out], warnings)


def fold_splits(rows: Sequence[ClinicalRow], policy: SplitPolicy, folds: int) -> list[Split]:
    """Cut the rows into folds, stratified, no group on both sides; each is held out once."""
    from sklearn.model_selection import StratifiedGroupKFold  # takes 2 s

    few = [name for name, members in _by_category(rows).items() if len(members) < folds]
    warnings = [f"{name} has fewer rows than folds: some fold holds none of it out" for name in few]
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=policy.seed)
    categories = [row.entity_category for row in rows]
    with catch_warnings(action="ignore"):  # scikit-learn's own word on few rows
        parts = [out.tolist() for _, out in cut.split(rows, categories, group_keys(rows, policy))]
    return [_sides(rows, out, warnings) for out in parts]


def fold_faults(rows: Sequence[ClinicalRow], policy: SplitPolicy, folds: int | None) -> list[Fault]:
    """Say when there are more folds than the rows can fill."""
    if folds is None or not rows:
        return []
    groups = len(set(group_keys(rows, policy)))
    most = min(groups, max(rows_per_category(rows).values()))
    if folds <= most:
        return []
    return [
        Fault(
            f"expected at most {most}: there are {groups} {policy.group_by}s to keep together, "
            f"and each fold needs a row of the largest category; got {folds}",
            field="folds",
        )
    ]


def group_keys(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> list[str]:
    """What each row is grouped by; rows of one key stay on one side."""
    if policy.group_by == "row":
        return [str(position) for position in range(len(rows))]
    return [normalize(row.text if policy.group_by == "text" else row.term) for row in rows]


def _by_category(rows: Sequence[ClinicalRow]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        positions[row.entity_category].append(position)
    return dict(sorted(positions.items()))


def _sides(rows: Sequence[ClinicalRow], validation: list[int], warnings: list[str]) -> Split:
    out = set(validation)
    train = tuple(p for p in range(len(rows)) if p not in out)
    return Split(train, tuple(sorted(out)), tuple(warnings))


def rows_per_category(rows: Sequence[ClinicalRow]) -> dict[str, int]:
    """Count rows by category, most first."""
    return dict(Counter(row.entity_category for row in rows).most_common())
