"""The rows that a build adds by terms.csv and a growth plan, and whether the next cycle is built."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from tasks.benchmark.plan import WantedRows
from tasks.benchmark.table import read_table
from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import Category, ClinicalRow
from tasks.domain.policy import AdvancePolicy, BuildPolicy
from tasks.domain.policy.build import NOISE_LEVEL
from tasks.domain.scoring.normalize import normalize

COUNT = re.compile(r"[0-9]{1,6}")
NEEDED = ("term", "entity_category", "new_terms", "rows_to_add", "context_types", "noise_levels")
BETWEEN = ";"  # of several values in one cell
GOES_ON = ("grow", "gate:harden")  # a growth plan is there, or harder speech is asked for
ENOUGH_ALIKE = 2  # cycles in a row


@dataclass(frozen=True)
class GrowthLine:
    """A line of growth_plan.csv: rows to add for a term, or, without one, terms to find."""

    term: str
    entity_category: Category
    new_terms: int
    rows_to_add: int
    context_types: tuple[str, ...]
    noise_levels: tuple[str, ...]


@dataclass(frozen=True)
class Growth:
    """The rows to add, and the terms that a growth plan asks for and no list has, by category."""

    wanted: tuple[WantedRows, ...]
    lacking: Mapping[Category, int]


def read_growth_plan(text: str, file: str) -> tuple[list[GrowthLine], list[Fault]]:
    """Read growth_plan.csv, which a person may have changed; return every fault by its line."""
    read, faults = read_table(text, file, NEEDED)
    lines, named = [], set[tuple[str, str]]()
    for number, fields in read:
        wrong = [
            Fault(f"expected a whole number; got {fields[name]!r}", file, number, name)
            for name in ("new_terms", "rows_to_add")
            if not COUNT.fullmatch(fields[name])
        ]
        wrong += [
            Fault(f"expected clean or snr_<number>db; got {level!r}", file, number, "noise_levels")
            for level in _parts(fields["noise_levels"])
            if not NOISE_LEVEL.fullmatch(level)
        ]
        if fields["entity_category"] not in get_args(Category):
            allowed = ", ".join(get_args(Category))
            found = f"expected one of {allowed}; got {fields['entity_category']!r}"
            wrong.append(Fault(found, file, number, "entity_category"))
        key = normalize(fields["term"]), fields["entity_category"]
        if key in named:
            found = f"expected one line of {fields['term'] or fields['entity_category']!r}"
            wrong.append(Fault(found, file, number, "term"))
        named.add(key)
        faults += wrong
        if not wrong:
            lines.append(
                GrowthLine(
                    term=fields["term"],
                    entity_category=fields["entity_category"],  # type: ignore[arg-type]
                    new_terms=int(fields["new_terms"]),
                    rows_to_add=int(fields["rows_to_add"]),
                    context_types=_parts(fields["context_types"]),
                    noise_levels=_parts(fields["noise_levels"]),
                )
            )
    return lines, faults


def plan_growth(
    terms: Sequence[Term],
    lines: Sequence[GrowthLine],
    carried: Sequence[ClinicalRow],
    policy: BuildPolicy,
    priority: Sequence[str],
) -> Growth:
    """Return the rows to add to those carried over; in a first cycle none is carried over.

    A term that is taken gets the rows that the policy gives it and it does not have yet, and beyond
    them what the plan adds. All terms are taken, or with `first_terms` the first ones and as many
    others as the plan asks for.
    """
    rows = Counter(normalize(row.term) for row in carried)
    planned = {normalize(line.term): line for line in lines if line.term}
    taken, lacking = _taken(terms, lines, rows, policy)
    known = {normalize(term.term) for term in terms}
    taken += [
        Term(line.term, line.entity_category) for key, line in planned.items() if key not in known
    ]
    wanted = []
    for term in taken:
        key = normalize(term.term)
        missing = policy.rows_of(term.entity_category in priority) - rows[key]
        if missing > 0 and key in known:
            wanted.append(WantedRows(term, missing))
        if key in planned and planned[key].rows_to_add:
            line = planned[key]
            wanted.append(WantedRows(term, line.rows_to_add, line.context_types, line.noise_levels))
    return Growth(tuple(wanted), lacking)


def _taken(
    terms: Sequence[Term], lines: Sequence[GrowthLine], rows: Mapping[str, int], policy: BuildPolicy
) -> tuple[list[Term], dict[Category, int]]:
    """Return the terms that have rows or get some, and how many of a category the plan lacks."""
    old = [term for term in terms if normalize(term.term) in rows]
    new = [term for term in terms if normalize(term.term) not in rows]
    asked = {line.entity_category: line.new_terms for line in lines if not line.term}
    there = Counter(term.entity_category for term in new)
    lacking = {
        category: count - there[category]
        for category, count in asked.items()
        if count > there[category]
    }
    if policy.first_terms is None:
        return old + new, lacking
    if not rows:
        return new[: policy.first_terms], lacking
    chosen = [
        [term for term in new if term.entity_category == category][:count]
        for category, count in asked.items()
    ]
    return old + [term for some in chosen for term in some], lacking


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(BETWEEN) if part.strip())


@dataclass(frozen=True)
class EndedCycle:
    """The end of a cycle: a verdict, or `gate:` and its route; the drop is None where none was judged."""

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
    """Return the next step after cycles that ended, in their order; `built` is the last one built.

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
    """Return the limit of the policy that is reached; empty where none is."""
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
