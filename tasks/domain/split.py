"""Divide the rows: train, validation (what training looks at) and test (what the verdict looks at).

A group of rows (a sentence, a term, a voice) is on one side as a whole. Which side follows from
a digest of seed and group, never from the place of a row, and a group that an earlier cycle put on
a side stays there: a benchmark that grows moves no row.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal
from warnings import catch_warnings

from tasks.domain.errors import Fault
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import SplitPolicy
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.normalize import normalize

Side = Literal["train", "validation", "test"]
Sides = Mapping[str, Side]  # by group id
NOTHING_FIXED: Sides = {}


@dataclass(frozen=True)
class Split:
    """Row positions (0-based, in manifest order) on each side, and what was worth a warning."""

    train: tuple[int, ...]
    test: tuple[int, ...]
    validation: tuple[int, ...] = ()
    warnings: tuple[str, ...] = ()


def judged_positions(
    rows: int, test: Sequence[int], seen: Collection[int], *, folds: bool
) -> tuple[int, ...]:
    """Return the positions, of so many `rows`, that judge a candidate: those of the test side, with
    folds all, without those that an ancestor has `seen`.

    >>> judged_positions(5, [1, 3], {3}, folds=False), judged_positions(5, [1, 3], {3}, folds=True)
    ((1,), (0, 1, 2, 4))
    """
    return tuple(position for position in (range(rows) if folds else test) if position not in seen)


def held_out(rows: int, share: float) -> int:
    """How many of a category's rows the published split holds out: `max(1, int(share · n))`, none
    of a single row.

    >>> [held_out(n, 0.2) for n in (1, 4, 10, 14)]
    [0, 1, 2, 2]
    """
    return max(1, math.floor(share * rows + 1e-9)) if rows > 1 else 0


def split_rows(
    rows: Sequence[ClinicalRow],
    policy: SplitPolicy,
    fixed: Sides = NOTHING_FIXED,
    *,
    published: bool = False,
) -> Split:
    """Divide the rows by the policy; `fixed` are the sides of groups in earlier cycles.

    `published` asks for the published split whole, which has no validation rows of its own.
    """
    keys = group_ids(rows, policy)
    if policy.group_by == "row":
        test, warnings = _published_test_rows(rows, policy)
    else:
        test, warnings = _test_rows(rows, keys, policy, fixed)
    validation = set() if published else _validation_rows(rows, keys, test, policy, fixed)
    return _sides(len(rows), test, validation, warnings)


def _published_test_rows(
    rows: Sequence[ClinicalRow], policy: SplitPolicy
) -> tuple[set[int], list[str]]:
    """Hold out a share of each category's rows by seed; a category with one row trains.

    A clip that is of several rows is held out for all of them.
    """
    from sklearn.model_selection import train_test_split  # takes 2 s: only this split pays it

    test: set[int] = set()
    warnings = []
    for category, members in _by_category(rows).items():
        if len(members) == 1:
            warnings.append(f"{category} has one row: it trains and is not tested")
            continue
        wanted = held_out(len(members), policy.test_share)
        _, out = train_test_split(members, test_size=wanted, random_state=policy.seed)
        test |= set(out)
    tested = {rows[position].audio_filepath for position in test}
    return {p for p, row in enumerate(rows) if row.audio_filepath in tested}, warnings


def _test_rows(
    rows: Sequence[ClinicalRow], keys: Sequence[str], policy: SplitPolicy, fixed: Sides
) -> tuple[set[int], list[str]]:
    """Hold out whole groups in the order of their digests until each stratum has its share.

    The strata are the terms where sentences are held out, the categories where terms are, and all
    rows where voices are. A group that one stratum held out is held out of the others too; each
    keeps a group to train on.
    """
    strata: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        name = {"text": normalize(row.term), "term": row.entity_category}.get(policy.group_by, "")
        strata[name].append(position)
    out = {key for key in set(keys) if fixed.get(key) == "test"}
    kept = {key for key in set(keys) if fixed.get(key) in ("train", "validation")}
    whole = []
    for name in sorted(strata):
        sizes = Counter(keys[p] for p in strata[name])
        wanted = policy.test_share * len(strata[name]) - 1e-9
        held = sum(size for key, size in sizes.items() if key in out)
        free = sum(key not in out for key in sizes)
        for key in sorted(sizes.keys() - out - kept):
            if held >= wanted or free == 1:
                break
            out.add(key)
            held, free = held + sizes[key], free - 1
        if not held:
            whole.append(name)
        kept |= sizes.keys() - out
    warnings = []
    if whole and policy.group_by == "text":
        warnings = [f"{len(whole)} of {len(strata)} terms have one sentence: they train, untested"]
    elif whole:
        group = policy.group_by
        warnings = [f"{name or 'the benchmark'} has one {group}: untested" for name in whole]
    return {p for p, key in enumerate(keys) if key in out}, warnings


def _validation_rows(
    rows: Sequence[ClinicalRow],
    keys: Sequence[str],
    test: set[int],
    policy: SplitPolicy,
    fixed: Sides,
) -> set[int]:
    """Take a share of the groups that train for validation, first where the term keeps another."""
    groups: dict[str, set[str]] = defaultdict(set)  # terms by group
    left: dict[str, set[str]] = defaultdict(set)  # groups by term
    for position, row in enumerate(rows):
        if position not in test:
            groups[keys[position]].add(row.term)
            left[row.term].add(keys[position])
    wanted = max(1, round(policy.validation_share * len(groups)))
    chosen = {key for key in groups if fixed.get(key) == "validation"}
    free = sorted(groups.keys() - {key for key in groups if fixed.get(key) == "train"} - chosen)
    free.sort(key=lambda key: hashlib.sha256(f"validation {key}".encode()).digest())
    for spare_last in (True, False):
        for key in free:
            if len(chosen) >= min(wanted, len(groups) - 1):
                break
            if key not in chosen and not (
                spare_last and any(len(left[term] - chosen) == 1 for term in groups[key])
            ):
                chosen.add(key)
    return {p for p, key in enumerate(keys) if key in chosen and p not in test}


def fold_splits(rows: Sequence[ClinicalRow], policy: SplitPolicy, folds: int) -> list[Split]:
    """Cut the rows into folds, stratified, no group on two sides; each is tested once.

    Each fold has validation rows of its own, taken from those that it trains on.
    """
    from sklearn.model_selection import StratifiedGroupKFold  # takes 2 s

    few = [name for name, members in _by_category(rows).items() if len(members) < folds]
    warnings = [f"{name} has fewer rows than folds: some fold tests none of it" for name in few]
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=policy.seed)
    keys = group_ids(rows, policy)
    order = sorted(range(len(rows)), key=lambda p: (keys[p], rows[p].audio_filepath))
    categories, groups = [rows[p].entity_category for p in order], [keys[p] for p in order]
    with catch_warnings(action="ignore"):  # scikit-learn's own word on few rows
        parts = [out.tolist() for _, out in cut.split(order, categories, groups)]
    tests = [{order[place] for place in part} for part in parts]
    return [
        _sides(len(rows), test, _validation_rows(rows, keys, test, policy, NOTHING_FIXED), warnings)
        for test in tests
    ]


def shared_clip_faults(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> list[Fault]:
    """Return the fault of clips of several terms, which cannot be divided by term."""
    if policy.group_by != "term":
        return []
    clips = Counter(row.audio_filepath for row in rows)
    several = sum(count > 1 for count in clips.values())
    sentence = f"expected text, voice or row: {several} clips have several terms; got 'term'"
    return [Fault(sentence, field="split.group_by")] if several else []


def fold_faults(rows: Sequence[ClinicalRow], policy: SplitPolicy, folds: int | None) -> list[Fault]:
    """Return when there are more folds than the rows can fill."""
    if folds is None or not rows:
        return []
    groups = len(set(group_ids(rows, policy)))
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


def group_ids(rows: Sequence[ClinicalRow], policy: SplitPolicy) -> list[str]:
    """The digest of seed and group of each row; rows of one digest stay on one side.

    A sentence that is written in several ways is one, named by the first of its published forms.
    """
    field = {"row": "audio_filepath", "voice": "voice_id"}.get(policy.group_by, policy.group_by)
    return [*_group_ids(tuple(getattr(row, field) for row in rows), policy.group_by, policy.seed)]


@lru_cache(maxsize=2)  # gate and split ask for those of the same rows
def _group_ids(values: tuple[str, ...], group_by: str, seed: int) -> tuple[str, ...]:
    if group_by == "text":
        spoken = list(map(canonical, values))
        sentences: dict[str, str] = {}
        for sentence, value in zip(spoken, values, strict=True):
            written = normalize(value)
            sentences[sentence] = min(written, sentences.get(sentence, written))
        names: Iterable[str] = map(sentences.__getitem__, spoken)
    else:
        names = map(normalize, values) if group_by == "term" else values
    start = f"{seed} {group_by} "
    return tuple(hashlib.sha256((start + name).encode()).hexdigest()[:16] for name in names)


def _by_category(rows: Sequence[ClinicalRow]) -> dict[str, list[int]]:
    positions: dict[str, list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        positions[row.entity_category].append(position)
    return dict(sorted(positions.items()))


def _sides(rows: int, test: set[int], validation: set[int], warnings: Sequence[str]) -> Split:
    train = tuple(p for p in range(rows) if p not in test and p not in validation)
    return Split(train, tuple(sorted(test)), tuple(sorted(validation)), tuple(warnings))


def rows_per_category(rows: Sequence[ClinicalRow]) -> dict[str, int]:
    """Count rows by category, most first."""
    return dict(Counter(row.entity_category for row in rows).most_common())
