"""The growth plan: what a benchmark builder adds before the next cycle: rows, and new terms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses
from tasks.domain.verdict.noninferiority import Guard
from tasks.domain.verdict.power import terms_needed

ROWS_PER_MISSED_TERM = 5  # so that one of them is held out
DROP_POWER = 0.9  # of the drop alone, so that with the guards a candidate is kept 80 times in 100
LEAST_FLIPS, MOST_FLIPS = 0.02, 0.2  # of all rows, each way
MOST_TIMES = 20  # the terms at hand that a plan asks for at most


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

    `judged` are the positions of test rows, `hypotheses` runs beside `rows`; `new_terms` is how
    many terms each category lacks. Rows of the terms at hand cannot replace them: rows of one
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
    pair: Pair,
    test: Sequence[int],
    policy: Policy,
    *,
    look: int,
    guards: Sequence[Guard],
) -> dict[str, int]:
    """How many terms of each category the verdict at the next look lacks, for 80 keeps in 100.

    `pair` runs beside `rows`, `test` are the judged positions and `look` is the one that was made.
    Priority terms are lacking for the drop that the policy names, with the flips that were measured;
    other terms, and terms of any category, for guards that have to be held again at that look's level.
    """
    chosen = set(policy.priority_positions(rows))
    deciding = [p for p in test if p in chosen]
    before, after = pair.comparison.missed, pair.candidate.missed
    missed = [before[p] for p in deciding]
    terms = [normalize(rows[p].term) for p in deciding]
    priority_terms = 0
    if any(missed):
        newly = sum(after[p] > before[p] for p in deciding)
        flips = min(MOST_FLIPS, max(LEAST_FLIPS, (newly + 1) / len(deciding)))
        voices = [rows[p].voice_id for p in deciding]
        needed = terms_needed(
            terms, voices, missed, policy, look=look + 1, flips=flips, often=DROP_POWER
        )
        priority_terms = (needed or MOST_TIMES * len(set(terms))) - len(set(terms))
    lacking: dict[str, int] = {}
    for guard in guards:  # of one name against the comparison model and against the first base
        if guard.unit == "term" and guard.state != "broke":  # no number of terms changes that
            more = _lacking(guard, rows, test)
            lacking[guard.name] = max(more, lacking.get(guard.name, 0))
    other_terms = lacking.pop("other_terms", 0)
    lacking.pop("acceptance", None)  # of rows of another source
    priority_terms = max(priority_terms, lacking.pop("final_model", 0))
    priority_terms += max(0, max(lacking.values(), default=0) - priority_terms - other_terms)
    return share_out(rows, policy.priority_categories, priority_terms, other_terms)


def _lacking(guard: Guard, rows: Sequence[ClinicalRow], test: Sequence[int]) -> int:
    """Return the test terms that a guard lacks; of few terms that have a critical item, so many more."""
    lacking = max(0, (guard.needed or 0) - guard.units)
    if not guard.name.startswith("critical_tokens"):
        return lacking
    return math.ceil(lacking * len({rows[p].term for p in test}) / max(1, guard.units))


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
