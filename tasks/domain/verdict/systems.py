"""Several systems on the same rows: the rates of each, and for each pair which one is better.

The statistics are those of a verdict, on both sides: sign flips over terms and over voices, intervals of the
drop, and the guards that a system would have to hold in place of the other. Nothing is ranked: a pair is
decided, or it is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.metrics import Rate
from tasks.domain.scoring.normalize import normalize
from tasks.domain.unheard import both_beside_terms
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses, score_clinical
from tasks.domain.verdict.guards import Harms, check_guards, count_harms
from tasks.domain.verdict.keywords import known_terms
from tasks.domain.verdict.noninferiority import Guard, unknown_guard
from tasks.domain.verdict.priority import wider
from tasks.domain.verdict.rates import Interval, SystemRates, group_rates
from tasks.domain.verdict.statistics import (
    ALPHA,
    clusters,
    drop,
    drop_interval,
    holm,
    mid_p,
    voice_interval,
    voices_p,
)

Better = Literal["a", "b"]
TAIL = ALPHA / 2
GENERAL = "general_wer"  # of a guard on general speech, which is not at hand here


@dataclass(frozen=True)
class Move:
    """The changes on the rows that decide from one system to another.

    The drop is relative, of missed terms; None where the first misses none. Its interval is the wider of
    those over terms and over voices.
    """

    before: int
    after: int
    drop: float | None
    ci95: Interval | None


@dataclass(frozen=True)
class PairTests:
    """The tests of two systems on the rows that decide, and whether these differ.

    The p-values are two-sided: mid-p of sign flips over terms, and over voices, of which too few for sign
    flips are tested by Student's t; None with one voice. `p_adjusted` is the larger one with Holm's
    adjustment over all pairs; where it is below 0.05 the systems differ.
    """

    p_terms: float
    p_voices: float | None
    p_adjusted: float
    differs: bool


@dataclass(frozen=True)
class SystemPair:
    """Two systems on the rows that decide; `better` is the one that misses fewer terms, if they differ.

    `guards` are those of `candidate` in place of the other, and `to_candidate` moves there: to the system
    that misses fewer terms, whether they differ or not.
    """

    a: str
    b: str
    move: Move
    tests: PairTests
    better: Better | None
    candidate: Better
    to_candidate: Move
    guards: tuple[Guard, ...] = ()

    @property
    def names(self) -> tuple[str, str]:
        """The candidate's name, and the other's."""
        return (self.a, self.b) if self.candidate == "a" else (self.b, self.a)

    @property
    def harms(self) -> tuple[Guard, ...]:
        """The guards that the candidate breaks."""
        return tuple(guard for guard in self.guards if guard.state == "broke")


@dataclass(frozen=True)
class SystemComparison:
    """Several systems on the same rows; systems and pairs are in the order that they were named in.

    `judged` names the categories that decide, empty where all rows do.
    """

    judged: tuple[str, ...]
    view: str
    rows: int
    voices: int
    systems: tuple[SystemRates, ...]
    pairs: tuple[SystemPair, ...]


def compare_systems(
    rows: Sequence[ClinicalRow], systems: Mapping[str, Sequence[str]], policy: Policy
) -> SystemComparison:
    """Score every system on the same rows and compare each two; transcripts run in row order.

    Rows of priority categories decide, all rows where there is none.
    """
    scored = {name: score_clinical(rows, texts, policy.view) for name, texts in systems.items()}
    positions = judged_positions(rows, policy)
    judged = [rows[n] for n in positions]
    pairs = compare_pairs(judged, {name: one.at(positions) for name, one in scored.items()})
    harms = count_harms(
        [row.text for row in rows], list(systems.values()), known_terms(rows, policy.view)
    )
    beside = both_beside_terms(rows, list(systems.values()), policy.view)
    counted = dict(zip(systems, zip(harms, beside, strict=True), strict=True))
    by_category = {
        category: [n for n, row in enumerate(rows) if row.entity_category == category]
        for category in dict.fromkeys(row.entity_category for row in rows)
    }
    return SystemComparison(
        judged=tuple(
            category for category in by_category if category in policy.priority_categories
        ),
        view=policy.view,
        rows=len(rows),
        voices=len({row.voice_id for row in judged}),
        systems=tuple(
            SystemRates(
                name,
                one.missed,
                counted[name][0].changes,
                group_rates(rows, one, positions),
                group_rates(rows, one, range(len(rows))),
                {category: group_rates(rows, one, at) for category, at in by_category.items()},
            )
            for name, one in scored.items()
        ),
        pairs=tuple(_guarded(pair, rows, positions, scored, counted, policy) for pair in pairs),
    )


def judged_positions(rows: Sequence[ClinicalRow], policy: Policy) -> list[int]:
    """Return the positions of the rows that decide: of priority categories, else all."""
    return policy.priority_positions(rows) or list(range(len(rows)))


def compare_pairs(
    rows: Sequence[ClinicalRow], systems: Mapping[str, ScoredHypotheses]
) -> list[SystemPair]:
    """Compare each two systems on the rows that decide, without guards; scores run in row order."""
    terms, voices = [normalize(row.term) for row in rows], [row.voice_id for row in rows]
    missed = {name: scored.missed for name, scored in systems.items()}
    found = []
    for (a, b), tested in decide_pairs(terms, voices, missed).items():
        fewer: Better = "a" if sum(missed[a]) < sum(missed[b]) else "b"
        move = _move(terms, voices, missed[a], missed[b])
        other_way = move if fewer == "b" else _move(terms, voices, missed[b], missed[a])
        better = fewer if tested.differs else None
        found.append(SystemPair(a, b, move, tested, better, fewer, other_way))
    return found


def decide_pairs(
    terms: Sequence[str], voices: Sequence[str], missed: Mapping[str, Sequence[int]]
) -> dict[tuple[str, str], PairTests]:
    """Test whether each two systems differ; terms, voices and what each system misses run in row order.

    >>> terms = [f"drug{n}" for n in range(12)]
    >>> found = decide_pairs(terms, ["v"] * 12, {"A": [0] * 12, "B": [1] * 12, "C": [1] * 12})
    >>> [(a + b, round(one.p_adjusted, 4), one.differs) for (a, b), one in found.items()]
    [('AB', 0.0007, True), ('AC', 0.0007, True), ('BC', 1.0, False)]
    """
    pairs = list(combinations(missed, 2))
    level = TAIL / len(pairs)  # of the pair that Holm's method tests first
    p_values: list[tuple[float, float | None]] = []
    for a, b in pairs:
        p_voices = voices_p(clusters(voices, missed[a], missed[b]), level)
        p_terms = mid_p(clusters(terms, missed[a], missed[b]).fixed)
        p_values.append((_two_sided(p_terms), None if p_voices is None else _two_sided(p_voices)))
    adjusted = holm({str(n): max(p, q or 0.0) for n, (p, q) in enumerate(p_values)})
    return {
        (a, b): PairTests(
            *p_values[n],
            adjusted[str(n)],
            adjusted[str(n)] < ALPHA and sum(missed[a]) != sum(missed[b]),
        )
        for n, (a, b) in enumerate(pairs)
    }


def _two_sided(p_value: float) -> float:
    """Return the p-value of a change in either direction, from that of an improvement."""
    return 2.0 * min(p_value, 1.0 - p_value)


def _move(
    terms: Sequence[str], voices: Sequence[str], before: Sequence[int], after: Sequence[int]
) -> Move:
    by_term, by_voice = clusters(terms, before, after), clusters(voices, before, after)
    interval = wider(drop_interval(by_term), voice_interval(by_voice))
    return Move(sum(before), sum(after), drop(sum(before), sum(after)), interval)


def _guarded(
    pair: SystemPair,
    rows: Sequence[ClinicalRow],
    positions: Sequence[int],
    scored: Mapping[str, ScoredHypotheses],
    counted: Mapping[str, tuple[Harms, Sequence[Rate]]],
    policy: Policy,
) -> SystemPair:
    """Add the guards of the candidate in place of the other, on all rows."""
    candidate, other = pair.names
    judged = set(positions)
    (before, wrong_before), (after, wrong_after) = counted[other], counted[candidate]
    guards = check_guards(
        Pair([row.text for row in rows], scored[other], scored[candidate]),
        [normalize(row.term) for row in rows],
        [n for n in range(len(rows)) if n not in judged],
        known_terms([], policy.view),
        None,
        policy.decide,
        TAIL,
        (wrong_before, wrong_after),
        (before, after),
    )
    guards = [guard for guard in guards if guard.name != GENERAL]
    if pair.tests.p_voices is None:
        note = (
            "The rows that decide are of one voice, or name none: what suits it may suit no other."
        )
        guards.append(unknown_guard("voices", "voice", TAIL, note))
    return replace(pair, guards=tuple(guards))
