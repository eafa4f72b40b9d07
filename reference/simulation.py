"""Simulate the verdict: how often it keeps a useless or harmful candidate, and a useful one.

    python reference/simulation.py          # prints the tables of VERDICT.md, in about ten minutes

Every verdict is one of the real `decide()`. A benchmark has terms of a few sentences, each spoken by
one of several voices; the comparison model misses half of the rows. A *history* is one benchmark on
which up to ten fine-tunes are judged, each at the level of its look; it ends when one is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tasks.domain.decoding import GREEDY
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy, SplitPolicy
from tasks.domain.scoring.scores import Rate, RowScore, Scores
from tasks.domain.split import Split, split_rows
from tasks.domain.verdict.arms import ArmRows, Heard, choose_arm
from tasks.domain.verdict.comparison import GuardSet, Pair, ScoredHypotheses, guard_set
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.looks import PRIORITY, Judged, limits_of, look_of
from tasks.domain.verdict.priority import measure
from tasks.domain.verdict.statistics import Clusters, drop_interval

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
TEXT = {0: "heard", 1: "misheard"}


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
            audio_filepath=f"{n}.wav", duration=1.0, text=f"give term{t} {n % rows_per_term}",
            term=f"term{t}", entity_category="drug" if t < terms else "lab",
            ipa_source="override", voice_id=f"v{v}", noise_level="clean", context_type="order",
        )
        for n, (t, v) in enumerate(zip(term.tolist(), voice.tolist(), strict=True))
    ]  # fmt: skip
    return Benchmark(rows, term, voice)


def scored(missed: Draw) -> ScoredHypotheses:
    values = missed.astype(int).tolist()
    return ScoredHypotheses.alike(
        [TEXT[value] for value in values], Scores.of(SCORES[value] for value in values)
    )


def general_speech(before: NDArray[np.int64], after: NDArray[np.int64]) -> GuardSet:
    """Clips with so many wrong words by each model, without voices."""
    both = [
        ScoredHypotheses.alike(
            ["heard"] * len(errors), Scores.of(CLIP[value] for value in errors.tolist())
        )
        for errors in (before, after)
    ]
    return guard_set(Pair(["heard"] * len(before), *both), [None] * len(before))


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
    references = ["heard"] * len(of.rows)
    for look in range(1, looks + 1):
        pair = Pair(references, scored(before), scored(world(rng, of, before)))
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
) -> Decision:
    """The last verdict of a history of fine-tunes with a true drop and true harm elsewhere."""
    rng = np.random.default_rng(seed)
    drug = np.array([row.entity_category == "drug" for row in of.rows])
    before = rng.random(len(of.rows)) < KER
    errors = rng.binomial(WORDS, WER, clips)
    references = ["heard"] * len(of.rows)
    for look in range(1, looks + 1):
        improved = changed(rng, before, true_drop)
        # the other terms: flips each way, and a rise of KER
        other = changed(rng, before, 0.0, 0.04) | (
            ~before & (rng.random(len(before)) < other_rise / (1 - KER))
        )
        after = np.where(drug, improved, other)
        general = general_speech(errors, wrong_words(rng, errors, general_rise))
        pair = Pair(references, scored(before), scored(after))
        decision = decide(of.rows, of.split, pair, general, Policy(), look=look)
        if decision.verdict == "keep":
            break
    return decision


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
        pair = Pair(["heard"] * len(of.rows), scored(before), scored(world(rng, of, before)))
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
    pair = Pair(["heard"] * len(rows), scored(before), scored(world(rng, of, before)))

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


def share(values: Sequence[int]) -> str:
    return f"{sum(values) / len(values):.3f}"


def print_looks_and_arms(trials: int) -> None:
    """Print what is kept over split seeds and after a pick of categories, and which arm is judged."""
    print("\n| ten split seeds, a useless candidate | each a first look | counted by terms |")
    print("|---|---|---|")
    of = benchmark(60, 5)
    for group_by in ("text", "term"):
        seeds = split_seeds(group_by)
        cells = [
            with_interval(
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
            with_interval(
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


def with_interval(values: Sequence[int]) -> str:
    """Write a share with its 95 % interval (Wilson).

    >>> with_interval([0] * 200)
    '0.000 (0.000–0.019), n = 200'
    """
    count, z = len(values), 1.96
    rate = sum(values) / count
    center = (rate + z * z / (2 * count)) / (1 + z * z / count)
    half = z * ((rate * (1 - rate) + z * z / (4 * count)) / count) ** 0.5 / (1 + z * z / count)
    return f"{rate:.3f} ({max(0.0, center - half):.3f}–{center + half:.3f}), n = {count}"


def main() -> None:
    """Print every table in markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=400, help="histories of each cell")
    trials = parser.parse_args().trials
    print(
        "| rows | terms | voices | published, 1 look | chance | drifting terms | drifting voices |"
    )
    print("|---|---|---|---|---|---|---|")
    for terms, per_term, voices in (
        (10, 1, 6), (20, 1, 6), (50, 1, 6), (50, 1, 3), (12, 5, 6), (30, 5, 6), (60, 5, 6),
    ):  # fmt: skip
        of = benchmark(terms, per_term, voices=voices)
        kept = [
            share([kept_in_history(world, of, seed) for seed in range(trials)])
            for world in (chance, drifting_terms, drifting_voices)
        ]
        published = published_keep(terms * per_term, 20_000)
        cells = " | ".join([f"{published:.3f}", *kept])
        print(f"| {terms * per_term} | {terms} | {voices} | {cells} |", flush=True)
    print("\n| a memoriser, rows divided by | kept |\n|---|---|")
    for group_by in ("row", "text"):
        print(f"| {group_by} | {share([memoriser_kept(group_by, s) for s in range(trials)])} |")
    of = benchmark(60, 5, others=60)
    print("\n| true drop 40 %, 60 terms, 60 other terms, 2,000 clips | kept, 1 look | 10 looks |")
    print("|---|---|---|")
    for name, rises in (
        ("no harm", {}),
        ("+10 points on other terms", {"other_rise": 0.1}),
        ("+10 % general WER", {"general_rise": 0.1}),
    ):
        kept = [
            share(
                [
                    judged_with_guards(of, s, looks=looks, **rises).verdict == "keep"
                    for s in range(trials // 4)
                ]
            )
            for looks in (1, LOOKS)
        ]
        print(f"| {name} | {' | '.join(kept)} |")
    print("\n| true drop | kept at 12 terms | 30 | 60 | 120 |\n|---|---|---|---|---|")
    for drop in (0.2, 0.3, 0.4, 0.6):
        cells = [
            share(
                [
                    judged_with_guards(benchmark(t, 5, others=60), s, drop).verdict == "keep"
                    for s in range(trials // 4)
                ]
            )
            for t in (12, 30, 60, 120)
        ]
        print(f"| {drop:.0%} | {' | '.join(cells)} |")
    print("\n| terms | rows a term | true drop | coverage |\n|---|---|---|---|")
    for terms, rows in ((10, 2), (12, 2), (20, 2), (20, 5), (50, 1), (100, 5)):
        for drop in (0.4, 0.95):
            print(f"| {terms} | {rows} | {drop:.0%} | {coverage(1_000, terms, rows, drop):.3f} |")
    print_looks_and_arms(trials)


if __name__ == "__main__":
    main()
