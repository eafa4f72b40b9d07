"""The growth plan: rows that a benchmark builder adds before the next cycle, term by term."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import ScoredHypotheses

ROWS_PER_MISSED_TERM = 5  # so that one of them is held out


@dataclass(frozen=True)
class Addition:
    """Rows to add for one term. Contexts and noise levels are those it was missed in; for a term
    that was never missed, those that it lacks."""

    term: str
    entity_category: str
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
    rows_needed: int,
    priority: Sequence[str],
) -> list[Addition]:
    """Name the rows to add, terms still missed first.

    `judged` are the positions of held-out rows, `hypotheses` runs beside `rows`. Each priority term
    that is still missed gets some rows; what the benchmark lacks of `rows_needed` priority rows is
    spread over all priority terms.
    """
    terms: dict[tuple[str, str], list[int]] = {}
    for position, row in enumerate(rows):
        if row.entity_category in priority:
            terms.setdefault((row.term, row.entity_category), []).append(position)
    if not terms:
        return []
    wanted = max(0, rows_needed - sum(map(len, terms.values())))
    share = math.ceil(wanted / len(terms))
    chosen = set(judged)
    contexts = {row.context_type for row in rows}
    noises = {row.noise_level for row in rows}
    plan = []
    for (term, category), positions in terms.items():
        held_out = [p for p in positions if p in chosen]
        missed = [p for p in held_out if hypotheses.scores[p].ker]
        add = max(share, ROWS_PER_MISSED_TERM if missed else 0)
        if not add:
            continue
        why = f"missed on {len(missed)} of {len(held_out)} held-out rows" if missed else ""
        if share:
            why += f"{'; ' if why else ''}the benchmark needs {wanted} more priority rows"
        examples = missed or positions
        plan.append(
            Addition(
                term=term,
                entity_category=category,
                rows=len(positions),
                held_out=len(held_out),
                missed=len(missed),
                rows_to_add=add,
                context_types=_wanted(
                    {rows[p].context_type for p in examples}, contexts, bool(missed)
                ),
                noise_levels=_wanted({rows[p].noise_level for p in examples}, noises, bool(missed)),
                why=why,
            )
        )
    return sorted(plan, key=lambda one: (-one.missed, -one.rows_to_add, one.term))


def _wanted(here: set[str], everywhere: set[str], missed: bool) -> tuple[str, ...]:
    """Give the values of a term's rows if they were missed, else those that only others have."""
    return tuple(sorted(here if missed else (everywhere - here or everywhere)))
