"""The figures that the charts of a report draw: rates with their intervals, by group."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.metrics import mean
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair

Interval = tuple[float, float]
TAIL = 0.025
SHOWN_GROUPS = 12


@dataclass(frozen=True)
class Point:
    """A rate and its 95 % interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Change:
    """The KER of some rows for the comparison model and for the candidate; the label counts them.

    `before` is None where there is one system alone; `marked` is one to look at first.
    """

    label: str
    before: Point | None
    after: Point
    marked: bool = False


def ker_point(ker: float, terms: int) -> Point:
    """Return a KER with its 95 % interval of Clopper and Pearson, in which each term counts once.

    Rows of one term are not independent, so they are taken as one observation, which errs wide.

    >>> ker_point(0.0, 26).interval
    (0.0, 0.132)
    """
    from scipy.special import betaincinv  # only a report pays its import

    missed, right = ker * terms, (1.0 - ker) * terms
    lower = float(betaincinv(missed, right + 1, TAIL)) if missed > 0 else 0.0
    upper = float(betaincinv(missed + 1, right, 1 - TAIL)) if right > 0 else 1.0
    return Point(ker, (round(lower, 3), round(upper, 3)))


def change(label: str, rows: Sequence[ClinicalRow], pair: Pair) -> Change | None:
    """Compare both models on some rows, which run in parallel with `pair`; None where there are none."""
    before, after = mean(pair.comparison.missed), mean(pair.candidate.missed)
    if before is None or after is None:
        return None
    terms = count_terms(rows)
    return Change(f"{label} ({len(rows)})", ker_point(before, terms), ker_point(after, terms))


def changes_by(
    field: str, rows: Sequence[ClinicalRow], pair: Pair, limit: int = SHOWN_GROUPS
) -> list[Change]:
    """Compare both models by a field of the rows, groups of most rows first, up to a limit."""
    groups: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        groups.setdefault(getattr(row, field), []).append(position)
    largest = sorted(groups.items(), key=lambda group: (-len(group[1]), group[0]))[:limit]
    return defined(change(name, [rows[p] for p in at], pair.at(at)) for name, at in largest)


def count_terms(rows: Iterable[ClinicalRow]) -> int:
    """The number of different terms of some rows."""
    return len({normalize(row.term) for row in rows})


def defined(changes: Iterable[Change | None]) -> list[Change]:
    """Leave out groups without a row."""
    return [one for one in changes if one is not None]
