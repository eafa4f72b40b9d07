"""What a benchmark can show, before the GPU is spent: how often a true drop would be kept.

The rule itself is simulated on the test rows at hand, with their terms, voices and engines: the size of
the drop and the tests at the level of this look. How often `other_terms` and `clinical_wer` are held where
nothing is harmed multiplies it, and guards that are certain to stay open are named.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.policy import Policy
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.critical import critical_items
from tasks.domain.verdict.items import CRITICAL_ITEM
from tasks.domain.verdict.noninferiority import units_needed
from tasks.domain.verdict.priority import ENGINE_ALPHA, MIN_ENGINE_ROWS
from tasks.domain.verdict.statistics import (
    POWER,
    SEED,
    Counts,
    alpha_of_look,
    few_voices_p,
    flips_can_tell,
    mid_p,
)

DRAWS, CELLS = 400, 1_000_000  # simulated cycles, and how many rows all of them may have
FLIPS = 0.08  # of all rows, each way, without any true change: what two trainings differ by
TOGETHER = 0.5  # share of flips that all rows of a term make together
WORD_CHANGES = (
    0.05  # variance of the change in errors of a word beside a term, between two trainings
)
DROPS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
SHOWN_DROP = 0.4
TIMES = (1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 14, 20)  # sizes of benchmark that are tried
EXACT_UP_TO = 15  # clusters; beyond, the normal form of the test is within a tenth


@dataclass(frozen=True)
class Power:
    """How often a candidate with a true drop of KER would be kept on these test rows.

    `kept` gives that share by true drop, as text. `rows_needed` and `terms_needed` are the priority
    test rows and terms on which `wanted_drop` is kept 80 times in 100; None where twenty times
    this benchmark would not do. `open_guards` are certain to stay open, so that nothing is kept.
    `system` names whose KER it is where that is not the comparison model's own.
    """

    test_rows: int
    terms: int
    voices: int
    ker: float
    alpha: float
    kept: dict[str, float]
    wanted_drop: float
    rows_needed: int | None
    terms_needed: int | None
    open_guards: tuple[str, ...]
    system: str = ""

    @property
    def enough(self) -> bool:
        return not self.open_guards and (self.rows_needed or math.inf) <= self.test_rows

    @property
    def sentence(self) -> str:
        terms = f"{self.terms} term{'s' if self.terms > 1 else ''}"
        of = f" {self.system}" if self.system else ""
        power = (
            f"Power: {self.test_rows} test rows of {terms} at KER {self.ker:.3f}{of}. If the true drop is "
            f"{SHOWN_DROP:.0%}, a cycle on this benchmark keeps it "
            f"{round(100 * self.kept[str(SHOWN_DROP)])} times in 100."
        )
        if self.open_guards:
            missing = "; ".join(self.open_guards)
            return f"{power} No improvement can be accepted on this benchmark yet: {missing}."
        if self.rows_needed is None:
            return f"{power} One of {self.wanted_drop:.0%} takes over 20 times as many."
        if self.enough:
            return power
        return (
            f"{power} To keep one of {self.wanted_drop:.0%} 80 times in 100, about {self.rows_needed} "
            f"test rows of {self.terms_needed} terms are needed."
        )


def benchmark_power(
    rows: Sequence[ClinicalRow],
    missed: Sequence[int],
    test: Sequence[int],
    policy: Policy,
    *,
    look: int,
    general_clips: int,
    guards_alpha: float = 1.0,
    system: str = "",
) -> Power | None:
    """The power of the priority rows among the `test` positions; `missed` runs beside `rows`.

    `guards_alpha` is the level of the guards, if below that of the look, `system` whose misses these are
    where they are not the comparison model's own. None when there is nothing to see: no such row, or no
    miss on one.
    """
    chosen = set(policy.priority_positions(rows))
    deciding = [p for p in test if p in chosen]
    if not any(missed[p] for p in deciding):
        return None
    alpha, tested = min(alpha_of_look(look), guards_alpha), [rows[p] for p in test]
    return power(
        [normalize(rows[p].term) for p in deciding],
        [rows[p].voice_id for p in deciding],
        [missed[p] for p in deciding],
        policy,
        look=look,
        held=partial(guards_held, tested, policy, alpha),
        open_guards=certainly_open(tested, general_clips, policy, alpha),
        system=system,
    )


def certainly_open(
    rows: Sequence[ClinicalRow], general_clips: int, policy: Policy, alpha: float
) -> tuple[str, ...]:
    """Return the guards that cannot be held at a level on these test rows even if nothing is harmed."""
    limits = policy.decide
    if limits.open_guard == "keep":
        return ()
    chosen = set(policy.priority_positions(rows))
    terms = {row.term for row in rows}
    others = {row.term for n, row in enumerate(rows) if n not in chosen}
    least = units_needed(limits.clinical_rise, alpha)
    found = []
    if not general_clips:
        found.append("there is no general.jsonl")
    for name, units, rise in (
        ("other_terms has", len(others), limits.other_term_rise),
        ("the clinical guards have", len(terms), limits.clinical_rise),
    ):
        if 0 < units < units_needed(rise, alpha):
            found.append(f"{name} {units} test terms and need {units_needed(rise, alpha)}")
    if limits.critical_tokens == "guard":
        texts = critical_items([row.text for row in rows])
        critical = {row.term for row, items in zip(rows, texts, strict=True) if items}
        if 0 < len(critical) < least <= len(terms):
            found.append(
                f"{len(critical)} test terms have a row with {CRITICAL_ITEM}, and critical_tokens "
                f"needs {least}, or none"
            )
    clips = units_needed(min(limits.false_keyword_rise, limits.empty_or_unknown_rise), alpha)
    if 0 < general_clips < clips:
        found.append(f"general.jsonl needs {clips} clips and has {general_clips}")
    if len({rows[n].voice_id for n in chosen}) == 1:
        found.append("all priority test rows are of one voice")
    return tuple(found)


def guards_held(
    rows: Sequence[ClinicalRow], policy: Policy, alpha: float, times: float = 1.0
) -> float:
    """Return the probability that `other_terms` and `clinical_wer` are held if nothing is harmed.

    With so many `times` the terms of these test rows; changes are those of two like trainings.
    """
    if policy.decide.open_guard == "keep":
        return 1.0
    terms = {row.term for row in rows}
    others = [row for row in rows if row.entity_category not in policy.priority_categories]
    names = {row.term for row in others}
    held = 1.0
    if names:
        variance = FLIPS * (TOGETHER + (1 - TOGETHER) * len(names) / len(others))
        held *= _held(times * len(names), variance, policy.decide.other_term_rise, alpha)
    words = sum(len(row.text.split()) - len(row.term.split()) for row in rows)
    if words:
        variance = WORD_CHANGES * len(terms) / words
        held *= _held(times * len(terms), variance, policy.decide.clinical_wer_rise, alpha)
    return held


def _held(units: float, variance: float, margin: float, alpha: float) -> float:
    """Return the power of Student's t over so many units to show that a rise of zero is below a margin."""
    from scipy.special import ndtr, stdtrit

    if units < 2:
        return 0.0
    return float(ndtr(margin * math.sqrt(units / variance) - stdtrit(units - 1, 1 - alpha)))


def power(
    terms: Sequence[str],
    voices: Sequence[str],
    missed: Sequence[int],
    policy: Policy,
    *,
    look: int = 1,
    held: Callable[[float], float] = lambda _: 1.0,
    open_guards: tuple[str, ...] = (),
    system: str = "",
) -> Power:
    """Simulate verdicts on these priority test rows; the three sequences run in parallel.

    `held` returns how often the guards are held with so many `times` the terms.
    """
    alpha, wanted = alpha_of_look(look), policy.gate.power_drop
    limit = policy.decide.keep_drop
    rows = TestRows.of(terms, voices, missed)
    kept = {str(drop): _kept(rows, drop, alpha, limit) * held(1.0) for drop in DROPS}

    def enough(times: float) -> bool:
        larger = rows.times(times)
        return _kept(larger, wanted, alpha, limit) * held(times) >= POWER

    factor = next((times for times in (1.0, *TIMES) if enough(times)), None)
    needed = None if factor is None else rows.times(factor)
    return Power(
        test_rows=len(terms),
        terms=rows.terms,
        voices=rows.voices,
        ker=sum(missed) / len(missed),
        alpha=alpha,
        kept=kept,
        wanted_drop=wanted,
        rows_needed=None if needed is None else len(needed.missed),
        terms_needed=None if needed is None else needed.terms,
        open_guards=open_guards,
        system=system,
    )


def terms_needed(
    terms: Sequence[str],
    voices: Sequence[str],
    missed: Sequence[int],
    policy: Policy,
    *,
    look: int,
    flips: float,
    often: float,
) -> int | None:
    """Return the priority terms on which `gate.power_drop` is shown so often, if `flips` of the rows
    change each way by chance; None where twenty times these would not do."""
    rows, alpha, limit = (
        TestRows.of(terms, voices, missed),
        alpha_of_look(look),
        policy.decide.keep_drop,
    )
    sizes = (rows.times(times) for times in (1.0, *TIMES))
    wanted = policy.gate.power_drop
    shown = (one.terms for one in sizes if _kept(one, wanted, alpha, limit, flips) >= often)
    return next(shown, None)


@dataclass(frozen=True)
class TestRows:
    """Rows by the numbers of their term and voice, and whether the comparison model missed them."""

    term: Counts
    voice: Counts
    missed: NDArray[np.bool_]
    engine: Counts  # −1 where the voice names none

    @classmethod
    def of(cls, terms: Sequence[str], voices: Sequence[str], missed: Sequence[int]) -> TestRows:
        _, term = np.unique(np.asarray(terms), return_inverse=True)
        _, voice = np.unique(np.asarray(voices), return_inverse=True)
        named = np.asarray([engine_of(one) if ":" in one else "" for one in voices])
        names, engine = np.unique(named, return_inverse=True)
        engine = engine - int("" in names)
        return cls(term, voice, np.asarray(missed, bool), engine)

    @property
    def terms(self) -> int:
        return int(self.term.max()) + 1

    @property
    def voices(self) -> int:
        return int(self.voice.max()) + 1

    def times(self, factor: float) -> TestRows:
        """A benchmark with so many times the terms, others but like these, in the same voices."""
        wanted = math.ceil(self.terms * factor)
        copies = math.ceil(factor)
        term = np.concatenate([self.term + copy * self.terms for copy in range(copies)])
        chosen = term < wanted
        voice, missed = np.tile(self.voice, copies), np.tile(self.missed, copies)
        engine = np.tile(self.engine, copies)
        return TestRows(term[chosen], voice[chosen], missed[chosen], engine[chosen])


def _kept(
    rows: TestRows, true_drop: float, alpha: float, limit: float, flips: float = FLIPS
) -> float:
    """The share of simulated candidates whose drop is large enough and significant.

    A true drop fixes that share of the misses, and of what it leaves to chance `flips` of the rows
    change each way.
    """
    size, ker = len(rows.missed), float(rows.missed.mean())
    draws = max(50, min(DRAWS, CELLS // size))
    rng = np.random.default_rng(SEED)
    shared = rng.random((draws, rows.terms))[:, rows.term]
    alone = rng.random((draws, size))
    luck = np.where(rng.random((draws, size)) < TOGETHER, shared, alone)
    chance = min(flips, ker, 1.0 - ker) * (
        1.0 - true_drop
    )  # a drop to zero leaves no room for luck
    fixed = rows.missed & (luck < chance / ker + true_drop)
    broken = ~rows.missed & (luck > 1.0 - chance / max(1.0 - ker, 1e-9))
    net = fixed.astype(np.int64) - broken
    significant = net.sum(axis=1) >= limit * rows.missed.sum() - 1e-9
    significant &= _significant(net, rows.term, alpha)
    if flips_can_tell(rows.voices, alpha):
        significant &= _significant(net, rows.voice, alpha)
    elif rows.voices > 1:
        counts = np.bincount(rows.voice)
        significant &= [few_voices_p(one, counts) < alpha for one in _sums(net, rows.voice)]
    engines = [rows.engine == number for number in range(int(rows.engine.max()) + 1)]
    tested = [of for of in engines if of.sum() >= MIN_ENGINE_ROWS]
    for of in tested if len(tested) > 1 else ():
        significant &= _significant(net[:, of], rows.term[of], ENGINE_ALPHA)
    return float(significant.mean())


def _significant(net: Counts, cluster: Counts, alpha: float) -> NDArray[np.bool_]:
    """Whether the sign flips over clusters find each draw (a line of `net`) significant."""
    from scipy.special import ndtr

    sums = _sums(net, cluster)
    spread = np.sqrt((sums**2).sum(axis=1))
    found = ndtr(-sums.sum(axis=1) / np.maximum(spread, 1e-9)) < alpha
    for line in np.flatnonzero((sums != 0).sum(axis=1) <= EXACT_UP_TO):
        found[line] = mid_p(sums[line]) < alpha
    return np.asarray(found & (spread > 0))


def _sums(net: Counts, cluster: Counts) -> Counts:
    """Sum each draw (a line of `net`) by cluster."""
    draws, count = len(net), int(cluster.max()) + 1
    cell = (np.arange(draws)[:, None] * count + cluster).ravel()
    return np.bincount(cell, net.ravel(), draws * count).reshape(draws, count).astype(np.int64)
