"""The growth plan: what a benchmark builder adds before the next cycle: rows, and new terms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.noninferiority import units_needed
from tasks.domain.verdict.power import benchmark_power
from tasks.domain.verdict.statistics import alpha_of_look

ROWS_PER_MISSED_TERM = 5  # so that one of them is held out


@dataclass(frozen=True)
class Addition:
    """Rows to add for one term. Contexts and noise levels are those it was missed in.

    `new_terms` is 0 for a term of the benchmark. A line without a term asks for so many terms that
    the benchmark does not have yet.
    """

    term: str
    entity_category: str
    new_terms: int
    rows: int
    held_out: int
    missed: int
    rows_to_add: int
    context_types: tuple[str, ...]
    noise_levels: tuple[str, ...]
    why: str


def growth_plan(
    rows: Sequence[ClinicalRow],
    judged: Sequence[int],
    hypotheses: ScoredHypotheses,
    new_terms: Mapping[str, int],
    priority: Sequence[str],
) -> list[Addition]:
    """Name the rows to add for priority terms still missed, then the terms to find.

    `judged` are the positions of test rows, `hypotheses` runs beside `rows`; `new_terms` says how
    many terms each category lacks. Rows of the terms at hand cannot stand in for them: rows of one
    term are no independent evidence.
    """
    terms: dict[tuple[str, str], list[int]] = {}
    for position, row in enumerate(rows):
        terms.setdefault((row.term, row.entity_category), []).append(position)
    chosen, missed_rows = set(judged), hypotheses.missed
    plan = []
    for (term, category), positions in terms.items():
        held_out = [p for p in positions if p in chosen]
        missed = [p for p in held_out if missed_rows[p]]
        if category in priority and missed:
            plan.append(
                Addition(
                    term=term,
                    entity_category=category,
                    new_terms=0,
                    rows=len(positions),
                    held_out=len(held_out),
                    missed=len(missed),
                    rows_to_add=ROWS_PER_MISSED_TERM,
                    context_types=tuple(sorted({rows[p].context_type for p in missed})),
                    noise_levels=tuple(sorted({rows[p].noise_level for p in missed})),
                    why=f"missed on {len(missed)} of {len(held_out)} test rows",
                )
            )
    plan.sort(key=lambda one: (-one.missed, one.term))
    usual = _rows_per_term(rows)
    return plan + [
        Addition(
            term="",
            entity_category=category,
            new_terms=wanted,
            rows=0,
            held_out=0,
            missed=0,
            rows_to_add=wanted * usual.get(category, ROWS_PER_MISSED_TERM),
            context_types=tuple(sorted({row.context_type for row in rows})),
            noise_levels=tuple(sorted({row.noise_level for row in rows})),
            why=f"the verdict needs {wanted} more {category} terms",
        )
        for category, wanted in new_terms.items()
        if wanted > 0
    ]


def _rows_per_term(rows: Sequence[ClinicalRow]) -> dict[str, int]:
    """Rows that a term of each category has on average, rounded up."""
    counts = Counter(row.entity_category for row in rows)
    terms = Counter(category for _, category in {(row.term, row.entity_category) for row in rows})
    return {category: math.ceil(counts[category] / terms[category]) for category in counts}


def lacking_terms(
    rows: Sequence[ClinicalRow],
    missed: Sequence[int],
    test: Sequence[int],
    policy: Policy,
    *,
    look: int,
    open_guards: Collection[str],
    general_clips: int,
) -> dict[str, int]:
    """How many terms of each category a verdict on the `test` positions lacks.

    `missed` are the comparison model's misses, beside `rows`. Priority terms are lacking for the power
    that the policy asks for, others while they leave their guard open.
    """
    power = benchmark_power(rows, missed, test, policy, look=look, general_clips=general_clips)
    priority_terms = max(0, (power.terms_needed or 0) - power.terms) if power else 0
    other_terms = 0
    if "other_terms" in open_guards:
        priority = policy.priority_categories
        known = {rows[p].term for p in test if rows[p].entity_category not in priority}
        needed = units_needed(policy.decide.other_term_rise, alpha_of_look(look))
        other_terms = max(0, needed - len(known))
    return share_out(rows, policy.priority_categories, priority_terms, other_terms)


def share_out(
    rows: Sequence[ClinicalRow],
    priority: Sequence[str],
    priority_terms: int,
    other_terms: int,
) -> dict[str, int]:
    """Share out terms that the verdict lacks: of priority categories, and of the others.

    Each lack goes to the category that has fewest terms, one term after the other.
    """
    known: Counter[str] = Counter(
        category for _, category in {(row.term, row.entity_category) for row in rows}
    )
    others = sorted(known.keys() - set(priority)) or ["condition"]
    lacking: Counter[str] = Counter()
    for names, wanted in ((priority, priority_terms), (others, other_terms)):
        for _ in range(wanted):
            lacking[min(names, key=lambda name: (known[name] + lacking[name], name))] += 1
    return dict(lacking)
