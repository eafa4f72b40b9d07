"""Useful candidates that do harm, and those that do none: guards, power, growth plans."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from worlds.rows import (
    CLIPS,
    KER,
    LOOKS,
    WER,
    WORDS,
    Benchmark,
    benchmark,
    changed,
    general_speech,
    references,
    scored,
    share,
    table,
    transcripts,
    wrong_words,
)

from tasks.domain.policy import Policy
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.growth import lacking_terms
from tasks.domain.verdict.guards import general_wer
from tasks.domain.verdict.rule import verdict_of
from tasks.domain.verdict.statistics import alpha_of_guards


def judged_with_guards(
    of: Benchmark,
    seed: int,
    true_drop: float = 0.4,
    *,
    other_rise: float = 0.0,
    general_rise: float = 0.0,
    clips: int = CLIPS,
    looks: int = 1,
    policy: Policy = Policy(),  # noqa: B008 (frozen)
    first: int = 1,
) -> JudgedPair:
    """The last verdict of a history of fine-tunes with a true drop and true harm elsewhere."""
    rng = np.random.default_rng(seed)
    drug = np.array([row.entity_category == "drug" for row in of.rows])
    before = rng.random(len(of.rows)) < KER
    beside = rng.binomial(WORDS, WER, len(of.rows))
    errors = rng.binomial(WORDS, WER, clips)
    texts = references(of)
    comparison = scored(before, transcripts(of, before, beside))
    for look in range(first, first + looks):
        improved = changed(rng, before, true_drop)
        other = changed(rng, before, 0.0, 0.04)
        free = ~before & ~other  # the rise is of all rows, among those that are right in both
        other = other | (free & (rng.random(len(before)) < other_rise / free.mean()))
        after = np.where(drug, improved, other)
        general = general_speech(errors, wrong_words(rng, errors, general_rise))
        candidate = scored(after, transcripts(of, after, wrong_words(rng, beside, 0.0)))
        pair = Pair(texts, comparison, candidate)
        decision = decide(of.rows, of.split, pair, general, policy, look=look)
        if decision.verdict == "keep":
            break
    return JudgedPair(decision, pair)


@dataclass(frozen=True)
class JudgedPair:
    """A verdict, and what it was taken on."""

    decision: Decision
    pair: Pair

    @property
    def verdict(self) -> str:
        return self.decision.verdict

    def state(self, name: str) -> str:
        """The state of a guard; held where there is none."""
        return next((guard.state for guard in self.decision.guards if guard.name == name), "held")


def damaged_texts(damage: str, seed: int) -> Decision:
    """The verdict on a model that knows every term and does one harm on clinical rows.

    `invented`: a boosted word that is no benchmark term on every other row. `garbled`: every word
    beside the term is wrong. `final`: folds know every term, and the final model none.
    """
    rng, of = np.random.default_rng(seed), benchmark(60, 2, others=60)
    before, known = rng.random(len(of.rows)) < KER, np.zeros(len(of.rows), bool)
    beside = rng.binomial(WORDS, WER, len(of.rows))
    after = wrong_words(rng, beside, 0.0)
    texts = transcripts(of, known, np.full(len(after), WORDS) if damage == "garbled" else after)
    if damage == "invented":
        inserted = rng.random(len(texts)) < 0.5
        texts = [
            f"{text} zolvatrin" if one else text for text, one in zip(texts, inserted, strict=True)
        ]
    errors = rng.binomial(WORDS, WER, CLIPS)
    general = general_speech(errors, wrong_words(rng, errors, 0.0))
    comparison, candidate = scored(before, transcripts(of, before, beside)), scored(known, texts)
    folds = None
    if damage == "final":
        folds, candidate = candidate, scored(~known, transcripts(of, ~known, after))
    boosted = ["zolvatrin"] if damage == "invented" else []
    pair = Pair(references(of), comparison, candidate)
    return decide(of.rows, of.split, pair, general, Policy(), folds, boosted=boosted)


def harm_held_with_more_clips(seed: int, looks: int = LOOKS) -> int:
    """Whether a true rise of 10 % is held once, of a set that grows by 200 clips after each look."""
    rng = np.random.default_rng(seed)
    errors = rng.binomial(WORDS, WER, 200 * looks)
    after = wrong_words(rng, errors, 0.1)
    return int(
        any(
            general_wer(
                general_speech(errors[: 200 * look], after[: 200 * look]),
                0.1,
                alpha_of_guards(look, again=look > 1),
            ).state
            == "held"
            for look in range(1, looks + 1)
        )
    )


def plan_followed(drugs: int, rows: int, others: int, clips: int, seed: int) -> int | None:
    """Whether a true drop of 30 % is kept at the next look, where the plan of the first was followed.

    None where it is kept at the first look already. Clips of general speech are added as the guards
    ask, terms as the plan asks, with as many rows each.
    """
    judged = judged_with_guards(benchmark(drugs, rows, others=others), seed, 0.3, clips=clips)
    if judged.verdict == "keep":
        return None
    of = benchmark(drugs, rows, others=others)
    guards = judged.decision.guards
    lacking = lacking_terms(of.rows, judged.pair, of.split.test, Policy(), look=1, guards=guards)
    more = max([clips, *(guard.needed or 0 for guard in guards if guard.unit == "clip")])
    grown = benchmark(drugs + lacking.get("drug", 0), rows, others=others + lacking.get("lab", 0))
    again = judged_with_guards(grown, seed + 100_000, 0.3, clips=more, first=2)
    return int(again.verdict == "keep")


def guard_tables(seeds: range) -> None:
    table(
        "every term known, and on clinical rows | kept",
        (
            [name, share([damaged_texts(damage, s).verdict == "keep" for s in seeds])]
            for damage, name in (
                ("invented", "a boosted word invented on every other row"),
                ("garbled", "every word beside the term wrong"),
                ("final", "folds: the final model misses every term"),
            )
        ),
    )
    table(
        "true rise of general WER, 2,000 clips | broke | held",
        (
            [f"{rise:.0%}", *general_states(rise, len(seeds), seeds.start)]
            for rise in (0.0, 0.08, 0.1, 0.15, 0.25)
        ),
    )
    kept = [harm_held_with_more_clips(seed, LOOKS) for seed in seeds]
    table("a true rise of 10 %, ten looks, 200 clips more each | held once", [["", share(kept)]])


def general_states(rise: float, trials: int, seed: int = 77) -> list[str]:
    rng, states = np.random.default_rng(seed), []
    for _ in range(trials):
        errors = rng.binomial(WORDS, WER, CLIPS)
        general = general_speech(errors, wrong_words(rng, errors, rise))
        states.append(general_wer(general, 0.1, alpha_of_guards(1)).state)
    return [share([state == wanted for state in states]) for wanted in ("broke", "held")]


def power_tables(seeds: range) -> None:
    of = benchmark(60, 5, others=60)
    harms: tuple[tuple[str, dict[str, float]], ...] = (
        ("no harm", {}),
        ("+10 points on other terms", {"other_rise": 0.1}),
        ("+10 % general WER", {"general_rise": 0.1}),
    )
    table(
        "true drop 40 %, 60 terms, 60 other terms, 2,000 clips | kept, 1 look | 10 looks",
        (
            [name, *(kept_share(of, seeds, looks=looks, **rises) for looks in (1, LOOKS))]
            for name, rises in harms
        ),
    )
    table(
        "true drop | kept at 12 terms | 30 | 60 | 120",
        (
            [
                f"{drop:.0%}",
                *(kept_share(benchmark(t, 5, others=60), seeds, drop) for t in (12, 30, 60, 120)),
            ]
            for drop in (0.2, 0.3, 0.4, 0.6)
        ),
    )
    head = "priority terms × 2 rows, 90 other terms, true drop 40 % | guards | kept"
    table(head, cost_of_guards(seeds))


def kept_share(of: Benchmark, seeds: range, drop: float = 0.4, **more: Any) -> str:
    return share([judged_with_guards(of, s, drop, **more).verdict == "keep" for s in seeds])


def cost_of_guards(seeds: range) -> Iterator[Sequence[object]]:
    for terms in (26, 30, 60):
        of = benchmark(terms, 2, others=90)
        judged = [judged_with_guards(of, seed).decision for seed in seeds]
        for left_out in ("", "clinical_wer", "other_terms", "general_wer"):
            kept = share([kept_without(one, left_out) for one in judged])
            yield terms, f"without {left_out}" if left_out else "all", kept


def kept_without(decision: Decision, name: str) -> bool:
    """Whether a verdict would be keep if one of its guards did not exist."""
    guards = [guard for guard in decision.guards if guard.name != name]
    return verdict_of(decision.priority, guards, Policy().decide)[0] == "keep"


PLANS = ((20, 2, 15, 400), (30, 5, 10, 2_000), (12, 5, 40, 1_000))


def plan_tables(seeds: range) -> None:
    table(
        "drugs × rows, other terms, clips: plan followed, true drop 30 % | kept at the next look",
        (
            [
                f"{drugs} × {rows}, {others}, {clips}",
                share(followed(drugs, rows, others, clips, seeds)),
            ]
            for drugs, rows, others, clips in PLANS
        ),
    )


def followed(drugs: int, rows: int, others: int, clips: int, seeds: range) -> list[int]:
    kept = [plan_followed(drugs, rows, others, clips, seed) for seed in seeds]
    return [one for one in kept if one is not None]
