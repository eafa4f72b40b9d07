"""Simulate the verdict: how often it keeps a useless or harmful candidate, and a useful one.

    python reference/simulation.py                    # prints the tables of VERDICT.md
    python reference/simulation.py --tables guards    # or those of one part

Every verdict is one of the real `decide()`. A benchmark has terms of a few sentences, each spoken by
one of several voices; the comparison model misses half of the rows. A *history* is one benchmark on
which up to ten fine-tunes are judged, each at the level of its look; it ends when one is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.domain.decoding import GREEDY
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy, SplitPolicy
from tasks.domain.scoring.scores import Rate, RowScore, Scores
from tasks.domain.split import Split, split_rows
from tasks.domain.verdict import statistics
from tasks.domain.verdict.arms import ArmRows, Heard, choose_arm
from tasks.domain.verdict.comparison import GuardSet, Pair, ScoredHypotheses, guard_set
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.growth import lacking_terms
from tasks.domain.verdict.guards import general_wer
from tasks.domain.verdict.looks import PRIORITY, Judged, limits_of, look_of
from tasks.domain.verdict.priority import measure
from tasks.domain.verdict.rule import verdict_of
from tasks.domain.verdict.statistics import Clusters, alpha_of_look, drop_interval

KER, FLIPS = 0.5, 0.08  # misses of the comparison model; rows that change each way by chance
LOOKS, VOICES = 10, 6
WORDS, WER = 8, 0.06  # of a general clip
CLIPS = 2_000
DRIFT = 0.7  # standard deviation of a term's or voice's drift, in log-odds
Draw = NDArray[np.bool_]
KEEP_OPEN = Policy.model_validate({"decide": {"open_guard": "keep"}})
SCORES = {missed: RowScore(Rate(missed, 4), Rate(missed, 20), missed, missed) for missed in (0, 1)}
CLIP = [
    RowScore(Rate(errors, WORDS), Rate(errors, 5 * WORDS), None, int(errors > 0))
    for errors in range(9)
]
PLACES = ("hospital", "clinic", "practice", "home", "ward")


@dataclass(frozen=True)
class Benchmark:
    """Rows with the term and voice of each as numbers; the first `priority` terms are drugs."""

    rows: list[ClinicalRow]
    term: NDArray[np.int64]
    voice: NDArray[np.int64]

    @property
    def split(self) -> Split:
        """All rows are tested."""
        return Split((), tuple(range(len(self.rows))))


def benchmark(terms: int, rows_per_term: int, others: int = 0, voices: int = VOICES) -> Benchmark:
    """A benchmark whose rows of a term are spoken by one voice after the other."""
    term = np.repeat(np.arange(terms + others), rows_per_term)
    voice = np.arange(len(term)) % voices
    rows = [
        ClinicalRow.model_construct(
            audio_filepath=f"{n}.wav", duration=1.0,
            text=f"please give {term_name(t)} to her at the {PLACES[n % rows_per_term % 5]} today",
            term=term_name(t), entity_category="drug" if t < terms else "lab",
            ipa_source="override", voice_id=f"v{v}", noise_level="clean", context_type="order",
        )
        for n, (t, v) in enumerate(zip(term.tolist(), voice.tolist(), strict=True))
    ]  # fmt: skip
    return Benchmark(rows, term, voice)


def term_name(number: int) -> str:
    """Name a term in letters alone: a digit would be a critical word.

    >>> term_name(27)
    'termxbbol'
    """
    letters = ""
    while True:
        number, letter = divmod(number, 26)
        letters = chr(ord("a") + letter) + letters
        if not number:
            return f"termx{letters}ol"


def scored(missed: Draw, texts: Sequence[str] = ()) -> ScoredHypotheses:
    """Hypotheses with these misses; their texts matter to the guards alone."""
    values = missed.astype(int).tolist()
    return ScoredHypotheses.alike(
        texts or ["please wait here"] * len(values), Scores.of(SCORES[value] for value in values)
    )


def transcripts(of: Benchmark, missed: Draw, errors: NDArray[np.int64]) -> list[str]:
    """Texts in which the term is another word where it is missed, and so many words beside it are wrong."""
    texts = []
    for row, miss, wrong in zip(of.rows, missed.tolist(), errors.tolist(), strict=True):
        words = [
            ("something" if miss else word) if word == row.term else word
            for word in row.text.split()
        ]
        beside = [n for n, word in enumerate(row.text.split()) if word != row.term]
        for n in beside[:wrong]:
            words[n] = "um"
        texts.append(" ".join(words))
    return texts


def references(of: Benchmark) -> list[str]:
    return [row.text for row in of.rows]


def general_speech(before: NDArray[np.int64], after: NDArray[np.int64]) -> GuardSet:
    """Clips with so many wrong words by each model, without voices."""
    both = [
        ScoredHypotheses.alike(
            ["we met at the house"] * len(errors),
            Scores.of(CLIP[value] for value in errors.tolist()),
        )
        for errors in (before, after)
    ]
    return guard_set(Pair(["we met at the house"] * len(before), *both), [None] * len(before))


def changed(rng: np.random.Generator, before: Draw, true_drop: float, flips: float = FLIPS) -> Draw:
    """The misses after a true drop; of what it leaves, `flips` of the rows change each way."""
    luck, chance = rng.random(len(before)), flips * (1 - true_drop)
    ker = max(before.mean(), 1e-9)
    fixed = before & (luck < chance / ker + true_drop)
    broken = ~before & (luck < chance / max(1 - ker, 1e-9))
    return np.asarray((before & ~fixed) | broken)


def drifted(rng: np.random.Generator, group: NDArray[np.int64]) -> Draw:
    """Misses of a model that is as good, but differs from group to group."""
    odds = rng.normal(0, DRIFT, int(group.max()) + 1)[group]
    return np.asarray(rng.random(len(group)) < 1 / (1 + np.exp(-odds)))


def wrong_words(
    rng: np.random.Generator, before: NDArray[np.int64], rise: float
) -> NDArray[np.int64]:
    """Wrong words after a true rise of WER: a few are mended, as many and the rise are new."""
    mended = rng.binomial(before, 0.15)
    new = rng.binomial(WORDS, WER * (0.15 + rise), len(before))
    return np.minimum(before - mended + new, WORDS)


World = Callable[[np.random.Generator, Benchmark, Draw], Draw]


def drifting_terms(rng: np.random.Generator, of: Benchmark, _: Draw) -> Draw:
    return drifted(rng, of.term)


def drifting_voices(rng: np.random.Generator, of: Benchmark, _: Draw) -> Draw:
    return drifted(rng, of.voice)


def chance(rng: np.random.Generator, _: Benchmark, before: Draw) -> Draw:
    return changed(rng, before, 0.0)


def kept_in_history(world: World, of: Benchmark, seed: int, looks: int = LOOKS) -> int:
    """How many fine-tunes without any true improvement are kept in one history, 0 or 1.

    No guard takes part (open ones are let through): they could only lower the figure.
    """
    rng = np.random.default_rng(seed)
    before = rng.random(len(of.rows)) < KER
    texts = references(of)
    for look in range(1, looks + 1):
        pair = Pair(texts, scored(before, texts), scored(world(rng, of, before), texts))
        if decide(of.rows, of.split, pair, None, KEEP_OPEN, look=look).verdict == "keep":
            return 1
    return 0


def memoriser_kept(group_by: str, seed: int) -> int:
    """Whether a model that hears the sentences it was trained on, and harms others, is kept."""
    rng = np.random.default_rng(seed)
    of = benchmark(40, 10)
    # ten rows a term: five sentences in two voices
    rows = [
        row.model_copy(update={"text": f"give {row.term} {n % 5}"}) for n, row in enumerate(of.rows)
    ]
    policy = Policy.model_validate(
        {"split": {"group_by": group_by, "seed": seed}, "decide": {"open_guard": "keep"}}
    )
    split = split_rows(rows, policy.split)
    trained = {rows[p].text for p in (*split.train, *split.validation)}
    before = rng.random(len(rows)) < KER
    new = np.array([row.text not in trained for row in rows])
    after = np.where(new, before | (rng.random(len(rows)) < 0.2), rng.random(len(rows)) < 0.05)
    pair = Pair([row.text for row in rows], scored(before), scored(after))
    return int(decide(rows, split, pair, None, policy).verdict == "keep")


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
        told = rng.random(len(texts)) < 0.5
        texts = [
            f"{text} zolvatrin" if one else text for text, one in zip(texts, told, strict=True)
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


def two_engines(first: int, second: int) -> Benchmark:
    """Sixty terms in so many voices of each of two engines."""
    of = benchmark(60, 5, voices=first + second)
    rows = [
        row.model_copy(update={"voice_id": f"{'one' if v < first else 'two'}:v{v}"})
        for row, v in zip(of.rows, of.voice.tolist(), strict=True)
    ]
    return Benchmark(rows, of.term, of.voice)


def drifting_engine(rng: np.random.Generator, of: Benchmark, before: Draw) -> Draw:
    """A useless model that suits or does not suit the voices of engine one, all alike."""
    one = np.array([row.voice_id.startswith("one:") for row in of.rows])
    drift = rng.random(len(one)) < 1 / (1 + np.exp(-rng.normal(0, DRIFT)))
    return np.where(one, drift, changed(rng, before, 0.0))


def harm_held_with_more_clips(seed: int, looks: int = LOOKS) -> int:
    """Whether a true rise of 10 % is held once, of a set that grows by 200 clips after each look."""
    rng = np.random.default_rng(seed)
    errors = rng.binomial(WORDS, WER, 200 * looks)
    after = wrong_words(rng, errors, 0.1)
    return int(
        any(
            general_wer(
                general_speech(errors[: 200 * look], after[: 200 * look]), 0.1, alpha_of_look(look)
            ).state
            == "held"
            for look in range(1, looks + 1)
        )
    )


def plan_followed(drugs: int, rows: int, others: int, clips: int, seed: int) -> int | None:
    """Whether a true drop of 30 % is kept at the next look, where the plan of the first was followed.

    None where it is kept at the first look already. Clips of general speech are added as the guards
    say, terms as the plan says, with as many rows each.
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


def published_keep(rows: int, trials: int, seed: int = 0) -> float:
    """How often a drop of 20 % alone is reached without any true change."""
    rng = np.random.default_rng(seed)
    before = rng.random((trials, rows)) < KER
    luck = rng.random((trials, rows))
    after = (before & (luck >= FLIPS / KER)) | (~before & (luck < FLIPS / (1 - KER)))
    fixed = before.sum(axis=1) - after.sum(axis=1)
    return float((fixed >= 0.2 * np.maximum(before.sum(axis=1), 1)).mean())


def coverage(trials: int, terms: int, rows_per_term: int, true_drop: float, seed: int = 1) -> float:
    """How often the interval holds the true drop, of terms that differ in KER and in drop."""
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(trials):
        ker = rng.beta(2, 2, terms)
        before = rng.binomial(rows_per_term, ker)
        after = rng.binomial(before, 1 - true_drop)
        low, high = drop_interval(Clusters(np.full(terms, rows_per_term), before, after)) or (0, 0)
        inside += low <= true_drop <= high
    return inside / trials


def kept_over_splits(
    world: World, of: Benchmark, seed: int, splits: Sequence[SplitPolicy], *, counted: bool = True
) -> int:
    """How many useless fine-tunes are kept, 0 or 1, where each is judged after another split.

    Looks are counted by the terms that were judged; `counted` False takes each as the first.
    """
    rng = np.random.default_rng(seed)
    before = rng.random(len(of.rows)) < KER
    earlier: list[Judged] = []
    for number, policy in enumerate(splits):
        split = split_rows(of.rows, policy)
        terms = frozenset(of.rows[position].term for position in split.test)
        present = Judged(str(number), {}, frozenset(row.term for row in of.rows))
        look = look_of(present, terms, 1, earlier).number if counted else 1
        earlier.append(present)
        texts = references(of)
        pair = Pair(texts, scored(before, texts), scored(world(rng, of, before), texts))
        if decide(of.rows, split, pair, None, KEEP_OPEN, look=look).verdict == "keep":
            return 1
    return 0


def split_seeds(group_by: str = "text") -> list[SplitPolicy]:
    """Ten splits by ten seeds."""
    return [
        SplitPolicy.model_validate({"seed": seed, "group_by": group_by}) for seed in range(LOOKS)
    ]


def picked_after_the_look(
    world: World, seed: int, categories: Sequence[str], *, counted: bool = True
) -> tuple[int, int]:
    """Whether a useless candidate is kept at its first look, or after categories were picked by it.

    The pick is the choice of categories with the lowest p-value among all.
    """
    rng = np.random.default_rng(seed)
    of = benchmark(30 * len(categories), 2)
    rows = [
        row.model_copy(update={"entity_category": categories[term // 30]})
        for row, term in zip(of.rows, of.term.tolist(), strict=True)
    ]
    terms = frozenset(row.term for row in rows)
    before = rng.random(len(rows)) < KER
    texts = references(of)
    pair = Pair(texts, scored(before, texts), scored(world(rng, of, before), texts))

    def by(chosen: Sequence[str]) -> Policy:
        fields = {"priority_categories": chosen, "decide": {"open_guard": "keep"}}
        return Policy.model_validate(fields)

    def judged(policy: Policy) -> Judged:
        return Judged("a", {PRIORITY: limits_of(policy)[PRIORITY]}, terms)

    first = by(categories[:1])
    if decide(rows, of.split, pair, None, first).verdict == "keep":
        return 1, 0
    sizes = range(1, len(categories) + 1)
    choices = [by(chosen) for size in sizes for chosen in combinations(categories, size)]
    p_values = [measure(rows, pair, policy).p_value or 0.0 for policy in choices]
    best = choices[int(np.argmin(p_values))]
    look = look_of(judged(best), terms, len(categories), [judged(first)]).number if counted else 1
    return 0, int(decide(rows, of.split, pair, None, best, look=look).verdict == "keep")


def judged_of_eight_arms(drug_rows: int, seed: int, best: float = 0.1, ker: float = 0.4) -> float:
    """The true KER of the system that is judged, of eight: one is truly better, another was expected."""
    rng = np.random.default_rng(seed)
    of = benchmark(drug_rows, 1)
    given = ArmRows(of.rows)
    kers = [ker] * 7 + [best]
    expected, *others = (
        Heard(str(n), 0.0, GREEDY, scored(rng.random(drug_rows) < true), scored(np.zeros(0, bool)))
        for n, true in enumerate(kers)
    )
    return kers[int(choose_arm(given, expected, others, KEEP_OPEN)[0].name)]


def share(values: Sequence[int | bool]) -> str:
    """Write a share with its 95 % interval, by Wilson."""
    count, rate = len(values), sum(values) / len(values)
    middle, spread = (
        rate + 1.92 / count,
        1.96 * (rate * (1 - rate) / count + 0.96 / count**2) ** 0.5,
    )
    low, high = ((middle + sign * spread) / (1 + 3.84 / count) for sign in (-1, 1))
    return f"{rate:.3f} ({max(0, low):.3f}–{min(1, high):.3f}, n = {count})"


def table(head: str, lines: Iterable[Sequence[object]]) -> None:
    """Print a table in markdown, a line as soon as it is known."""
    print(f"\n| {head} |\n|{'---|' * (head.count('|') + 1)}")
    for cells in lines:
        print(f"| {' | '.join(map(str, cells))} |", flush=True)


def useless_tables(trials: int) -> None:
    sizes = (
        (10, 1, 6), (20, 1, 6), (50, 1, 6), (50, 1, 3), (12, 5, 6), (30, 5, 6), (60, 5, 6),
    )  # fmt: skip
    worlds = (chance, drifting_terms, drifting_voices)
    head = "rows | terms | voices | published, 1 look | chance | drifting terms | drifting voices"
    table(
        head,
        (
            [
                terms * per, terms, voices, f"{published_keep(terms * per, 20_000):.3f}",
                *(histories(world, benchmark(terms, per, voices=voices), trials) for world in worlds),
            ]
            for terms, per, voices in sizes
        ),
    )  # fmt: skip
    table(
        "a memorizer, rows divided by | kept",
        ([by, share([memoriser_kept(by, s) for s in range(trials)])] for by in ("row", "text")),
    )


def histories(world: World, of: Benchmark, trials: int, looks: int = LOOKS) -> str:
    return share([kept_in_history(world, of, seed, looks) for seed in range(trials)])


def source_tables(trials: int) -> None:
    table(
        "voices that drift, 60 terms × 5 rows, five looks | kept",
        (
            [n, histories(drifting_voices, benchmark(60, 5, voices=n), trials, 5)]
            for n in (2, 3, 4, 6)
        ),
    )
    table(
        "voices of engine one, which drifts | of engine two | kept, five looks",
        (
            [one, two, histories(drifting_engine, two_engines(one, two), trials, 5)]
            for one, two in ((3, 3), (4, 2), (5, 1))
        ),
    )


def guard_tables(trials: int) -> None:
    table(
        "every term known, and on clinical rows | kept",
        (
            [name, share([damaged_texts(damage, s).verdict == "keep" for s in range(trials // 8)])]
            for damage, name in (
                ("invented", "a boosted word invented on every other row"),
                ("garbled", "every word beside the term wrong"),
                ("final", "folds: the final model misses every term"),
            )
        ),
    )
    table(
        "true rise of general WER, 2,000 clips | broke | held",
        ([f"{rise:.0%}", *general_states(rise, trials)] for rise in (0.0, 0.08, 0.1, 0.15, 0.25)),
    )
    kept = [harm_held_with_more_clips(seed, LOOKS) for seed in range(trials)]
    table("a true rise of 10 %, ten looks, 200 clips more each | held once", [["", share(kept)]])


def general_states(rise: float, trials: int) -> list[str]:
    rng, states = np.random.default_rng(77), []
    for _ in range(trials):
        errors = rng.binomial(WORDS, WER, CLIPS)
        general = general_speech(errors, wrong_words(rng, errors, rise))
        states.append(general_wer(general, 0.1, alpha_of_look(1)).state)
    return [share([state == wanted for state in states]) for wanted in ("broke", "held")]


def power_tables(trials: int) -> None:
    of = benchmark(60, 5, others=60)
    harms: tuple[tuple[str, dict[str, float]], ...] = (
        ("no harm", {}),
        ("+10 points on other terms", {"other_rise": 0.1}),
        ("+10 % general WER", {"general_rise": 0.1}),
    )
    table(
        "true drop 40 %, 60 terms, 60 other terms, 2,000 clips | kept, 1 look | 10 looks",
        (
            [name, *(kept_share(of, trials // 4, looks=looks, **rises) for looks in (1, LOOKS))]
            for name, rises in harms
        ),
    )
    table(
        "true drop | kept at 12 terms | 30 | 60 | 120",
        (
            [
                f"{drop:.0%}",
                *(
                    kept_share(benchmark(t, 5, others=60), trials // 4, drop)
                    for t in (12, 30, 60, 120)
                ),
            ]
            for drop in (0.2, 0.3, 0.4, 0.6)
        ),
    )
    head = "priority terms × 2 rows, 90 other terms, true drop 40 % | guards | kept"
    table(head, cost_of_guards(trials // 2))


def kept_share(of: Benchmark, trials: int, drop: float = 0.4, **more: Any) -> str:
    seeds = range(50_000, 50_000 + trials)
    return share([judged_with_guards(of, s, drop, **more).verdict == "keep" for s in seeds])


def cost_of_guards(trials: int) -> Iterator[Sequence[object]]:
    for terms in (26, 30, 60):
        of = benchmark(terms, 2, others=90)
        judged = [judged_with_guards(of, seed).decision for seed in range(60_000, 60_000 + trials)]
        for left_out in ("", "clinical_wer", "other_terms", "general_wer"):
            kept = share([kept_without(one, left_out) for one in judged])
            yield terms, f"without {left_out}" if left_out else "all", kept


def kept_without(decision: Decision, name: str) -> bool:
    """Whether a verdict would be keep if one of its guards did not exist."""
    guards = [guard for guard in decision.guards if guard.name != name]
    return verdict_of(decision.priority, guards, Policy().decide)[0] == "keep"


def plan_tables(trials: int) -> None:
    table(
        "drugs × rows, other terms, clips: plan followed, true drop 30 % | kept at the next look",
        (
            [
                f"{drugs} × {rows}, {others}, {clips}",
                share(followed(drugs, rows, others, clips, trials)),
            ]
            for drugs, rows, others, clips in PLANS
        ),
    )


PLANS = ((20, 2, 15, 400), (30, 5, 10, 2_000), (12, 5, 40, 1_000))


def followed(drugs: int, rows: int, others: int, clips: int, trials: int) -> list[int]:
    kept = [plan_followed(drugs, rows, others, clips, seed) for seed in range(trials // 8)]
    return [one for one in kept if one is not None]


def interval_tables(trials: int) -> None:
    table(
        "terms | rows a term | true drop | coverage",
        (
            [terms, rows, f"{drop:.0%}", f"{coverage(trials, terms, rows, drop):.3f}"]
            for terms, rows in ((10, 2), (12, 2), (20, 2), (20, 5), (50, 1), (100, 5))
            for drop in (0.4, 0.95)
        ),
    )


def looks_tables(trials: int) -> None:
    """Print what is kept over split seeds and after a pick of categories, and which arm is judged."""
    print("\n| ten split seeds, a useless candidate | each a first look | counted by terms |")
    print("|---|---|---|")
    of = benchmark(60, 5)
    for group_by in ("text", "term"):
        seeds = split_seeds(group_by)
        cells = [
            share(
                [kept_over_splits(drifting_voices, of, s, seeds, counted=c) for s in range(trials)]
            )
            for c in (False, True)
        ]
        print(f"| rows divided by {group_by} | {' | '.join(cells)} |", flush=True)
    print(
        "\n| categories to pick from after the look | each a first look | counted |\n|---|---|---|"
    )
    for number in (2, 3):
        names = ("drug", "lab", "role")[:number]
        cells = [
            share(
                [
                    picked_after_the_look(drifting_voices, s, names, counted=c)[1]
                    for s in range(trials)
                ]
            )
            for c in (False, True)
        ]
        print(f"| {number} | {' | '.join(cells)} |", flush=True)
    print("\n| eight arms, true KER 0.10 and 0.40, drug rows | of the judged one |\n|---|---|")
    for rows in (15, 40):
        kers = [judged_of_eight_arms(rows, seed) for seed in range(trials)]
        print(f"| {rows} | {np.mean(kers):.3f} ± {1.96 * np.std(kers) / len(kers) ** 0.5:.3f} |")


TABLES: dict[str, Callable[[int], None]] = {
    "useless": useless_tables,
    "sources": source_tables,
    "guards": guard_tables,
    "power": power_tables,
    "plan": plan_tables,
    "looks": looks_tables,
    "interval": interval_tables,
}


def main() -> None:
    """Print tables in markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400, help="histories of each cell")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    arguments = parser.parse_args()
    statistics.DRAWS = 1_000  # of the interval, which decides nothing
    for name in arguments.tables:
        TABLES[name](arguments.trials)


if __name__ == "__main__":
    main()
