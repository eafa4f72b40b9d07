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
from tasks.domain.scoring.metrics import Rate, RowScore, Scores
from tasks.domain.split import Split, split_rows
from tasks.domain.verdict import statistics
from tasks.domain.verdict.against import Alternative, Anchored
from tasks.domain.verdict.arms import ArmRows, Heard, choose_arm
from tasks.domain.verdict.comparison import GuardSet, Pair, ScoredHypotheses, guard_set
from tasks.domain.verdict.decide import Accepted, Decision, decide
from tasks.domain.verdict.evidence import with_evidence
from tasks.domain.verdict.growth import lacking_terms
from tasks.domain.verdict.guards import general_wer
from tasks.domain.verdict.looks import PRIORITY, limits_of, look_of
from tasks.domain.verdict.looks import Judged as Earlier
from tasks.domain.verdict.priority import measure
from tasks.domain.verdict.rule import verdict_of
from tasks.domain.verdict.statistics import alpha_of_look

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


def shown(decision: Decision) -> bool:
    """Whether it is kept where no guard is asked for but that of one voice, which is open."""
    return decision.verdict == "keep" and all(one.name != "voices" for one in decision.guards)


def kept_in_history(world: World, of: Benchmark, seed: int, looks: int = LOOKS) -> int:
    """How many fine-tunes without any true improvement are kept in one history, 0 or 1.

    No guard but `voices` takes part (open ones are let through): they could only lower the figure.
    """
    rng = np.random.default_rng(seed)
    before = rng.random(len(of.rows)) < KER
    texts = references(of)
    for look in range(1, looks + 1):
        pair = Pair(texts, scored(before, texts), scored(world(rng, of, before), texts))
        if shown(decide(of.rows, of.split, pair, None, KEEP_OPEN, look=look)):
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


def covered(of: Benchmark, true_drop: float, seed: int, *, voices_differ: bool = False) -> int:
    """Whether the interval holds the true drop, of terms that differ in KER.

    Where voices differ, the drop of each is drawn about the true one, 0.4 ± 0.16.
    """
    rng = np.random.default_rng(seed)
    before = rng.random(len(of.rows)) < rng.beta(2, 2, int(of.term.max()) + 1)[of.term]
    fixed = np.full(len(of.rows), true_drop)
    if voices_differ:
        fixed = rng.beta(8 * true_drop, 8 * (1 - true_drop), VOICES)[of.voice]
    after = before & (rng.random(len(before)) >= fixed)
    pair = Pair([""] * len(before), scored(before), scored(after))
    low, high = measure(of.rows, pair, Policy()).ci95 or (0.0, 0.0)
    return int(low <= true_drop <= high)


def kept_over_splits(
    world: World,
    of: Benchmark,
    seed: int,
    splits: Sequence[SplitPolicy],
    *,
    folds: bool = False,
    counted: bool = True,
) -> int:
    """How many useless fine-tunes are kept, 0 or 1, where each is judged after another split.

    With `folds` every other one is judged on all rows. Looks are counted by the terms of the
    benchmark; `counted` False takes each as the first.
    """
    rng = np.random.default_rng(seed)
    before = rng.random(len(of.rows)) < KER
    earlier: list[Earlier] = []
    for number, policy in enumerate(splits):
        split = split_rows(of.rows, policy)
        terms = frozenset(of.rows[position].term for position in split.test)
        present = Earlier(str(number), {}, frozenset(row.term for row in of.rows))
        look = look_of(present, terms, 1, earlier).number if counted else 1
        earlier.append(present)
        texts = references(of)
        pair = Pair(texts, scored(before, texts), scored(world(rng, of, before), texts))
        by_fold = pair.candidate if folds and number % 2 else None
        if shown(decide(of.rows, split, pair, None, KEEP_OPEN, by_fold, look=look)):
            return 1
    return 0


def split_seeds(*group_by: str) -> list[SplitPolicy]:
    """Ten splits by ten seeds, divided by one after the other."""
    return [
        SplitPolicy.model_validate({"seed": seed, "group_by": group_by[seed % len(group_by)]})
        for seed in range(LOOKS)
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

    def judged(policy: Policy) -> Earlier:
        return Earlier("a", {PRIORITY: limits_of(policy)[PRIORITY]}, terms)

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


def kept_as_shown(seed: int) -> int:
    """Whether a candidate that is better on synthetic rows alone is kept as shown on recorded speech."""
    rng, of, people = np.random.default_rng(seed), benchmark(60, 5), benchmark(40, 1)
    recorded = [row.model_copy(update={"source": "recorded"}) for row in people.rows]
    before, heard = rng.random(len(of.rows)) < KER, rng.random(len(recorded)) < KER
    accepted = Accepted(
        recorded,
        Pair(references(people), scored(heard), scored(changed(rng, heard, 0.0))),
    )
    pair = Pair(references(of), scored(before), scored(changed(rng, before, 0.4)))
    decision = decide(of.rows, of.split, pair, None, KEEP_OPEN, accepted=accepted)
    decision = with_evidence(decision, of.rows, pair, accepted, KEEP_OPEN)
    return int(any(reason.startswith("Shown on recorded") for reason in decision.reasons))


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


def useless_tables(seeds: range) -> None:
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
                *(histories(world, benchmark(terms, per, voices=voices), seeds) for world in worlds),
            ]
            for terms, per, voices in sizes
        ),
    )  # fmt: skip
    table(
        "a memorizer, rows divided by | kept",
        ([by, share([memoriser_kept(by, s) for s in seeds])] for by in ("row", "text")),
    )


def histories(world: World, of: Benchmark, seeds: range, looks: int = LOOKS) -> str:
    return share([kept_in_history(world, of, seed, looks) for seed in seeds])


def source_tables(seeds: range) -> None:
    table(
        "voices that drift, 60 terms × 5 rows, five looks | kept",
        (
            [n, histories(drifting_voices, benchmark(60, 5, voices=n), seeds, 5)]
            for n in (1, 2, 3, 4, 6)
        ),
    )
    table(
        "voices of engine one, which drifts | of engine two | kept, five looks",
        (
            [one, two, histories(drifting_engine, two_engines(one, two), seeds, 5)]
            for one, two in ((3, 3), (4, 2), (5, 1))
        ),
    )


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
        states.append(general_wer(general, 0.1, alpha_of_look(1)).state)
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


PLANS = ((20, 2, 15, 400), (30, 5, 10, 2_000), (12, 5, 40, 1_000))


def followed(drugs: int, rows: int, others: int, clips: int, seeds: range) -> list[int]:
    kept = [plan_followed(drugs, rows, others, clips, seed) for seed in seeds]
    return [one for one in kept if one is not None]


def interval_tables(seeds: range) -> None:
    table(
        "terms | rows a term | true drop | coverage | where voices differ too",
        (
            [terms, rows, f"{drop:.0%}", *coverage(benchmark(terms, rows), drop, seeds)]
            for terms, rows in ((10, 2), (12, 2), (20, 2), (20, 5), (50, 1), (100, 5))
            for drop in (0.4, 0.95)
        ),
    )


def coverage(of: Benchmark, drop: float, seeds: range) -> list[str]:
    return [
        share([covered(of, drop, seed, voices_differ=differ) for seed in seeds])
        for differ in (False, True)
    ]


def looks_tables(seeds: range) -> None:
    """Print what is kept over splits and after a pick of categories, and which arm is judged."""
    of, known = benchmark(60, 5), (False, True)
    changed: tuple[tuple[str, Sequence[str], bool], ...] = (
        ("the seed, sides of sentences", ("text",), False),
        ("the seed, sides of terms", ("term",), False),
        ("the seed and `group_by`", ("text", "term", "voice"), False),
        ("the seed and `folds`", ("text",), True),
    )
    table(
        "changed before each of ten looks | each a first look | counted by terms",
        (
            [
                label,
                *(
                    share(
                        [
                            kept_over_splits(
                                drifting_voices, of, s, split_seeds(*by), folds=folds, counted=c
                            )
                            for s in seeds
                        ]
                    )
                    for c in known
                ),
            ]
            for label, by, folds in changed
        ),
    )
    table(
        "categories to pick from after the look | each a first look | counted",
        (
            [
                len(names),
                *(
                    share(
                        [
                            picked_after_the_look(drifting_voices, s, names, counted=c)[1]
                            for s in seeds
                        ]
                    )
                    for c in known
                ),
            ]
            for names in (("drug", "lab"), ("drug", "lab", "role"))
        ),
    )
    table(
        "eight arms, true KER 0.10 and 0.40, drug rows | of the judged one",
        ([rows, mean_of([judged_of_eight_arms(rows, s) for s in seeds])] for rows in (15, 40)),
    )
    table(
        "recorded speech that did not improve | kept as shown on it",
        [["40 rows of 40 terms", share([kept_as_shown(seed) for seed in seeds])]],
    )


def mean_of(values: Sequence[float]) -> str:
    half = 1.96 * np.std(values) / len(values) ** 0.5
    return f"{np.mean(values):.3f} ± {half:.3f}, n = {len(values)}"


@dataclass(frozen=True)
class Chain:
    """Ten cycles of champions: those kept, and the true harm of the last one against the first base."""

    kept: int
    general: float  # true WER of general speech, over that of the first base
    other: float  # true rise of the KER of other terms


def chain(
    seed: int,
    *,
    general_rise: float = 0.0,
    other_rise: float = 0.0,
    clips: int = CLIPS,
    cycles: int = 10,
    anchored: bool = True,
) -> Chain:
    """Judge a candidate a cycle, each better by 40 % on new drug terms and worse elsewhere.

    `general_rise` is relative, `other_rise` in KER, both against the champion of the moment. The
    general clips and the 60 other terms are the same in all cycles, the 60 drug terms are new.
    """
    rng = np.random.default_rng(seed)
    of = benchmark(60, 5, others=60)
    drug = np.array([row.entity_category == "drug" for row in of.rows])
    references = ["heard"] * len(drug)
    first_words = words = rng.binomial(WORDS, WER, clips)
    first_other = other = rng.random(len(drug)) < 0.15
    wer, ker, kept = WER, 0.15, 0
    judged: list[bool] = []  # of each candidate, whether the first base was the comparison model
    for _ in range(cycles):
        missed = rng.random(len(drug)) < KER
        flipped = changed(rng, other, 0.0, 0.02)
        worse = flipped | (~flipped & (rng.random(len(drug)) < other_rise / (1 - ker)))
        new = rng.binomial(WORDS, wer * (0.15 + general_rise), clips)
        louder = np.minimum(words - rng.binomial(words, 0.15) + new, WORDS)
        after = scored(np.where(drug, changed(rng, missed, 0.4), worse))
        against = Anchored(
            judged,
            scored(np.where(drug, missed, first_other)) if kept else None,
            general_speech(first_words, louder) if kept else None,
        )
        decision = decide(
            of.rows,
            of.split,
            Pair(references, scored(np.where(drug, missed, other)), after),
            general_speech(words, louder),
            Policy(),
            anchor=against if anchored else None,
        )
        judged.append(not kept)
        if decision.verdict == "keep":
            kept, wer, ker = kept + 1, wer * (1 + general_rise), ker + other_rise
            words, other = louder, worse
    return Chain(kept, wer / WER, ker - 0.15)


def kept_beside_boosting(seed: int, tuned: float | None, terms: int = 60) -> int:
    """Whether a fine-tune that misses so many is kept where the base misses 0.80, and boosted 0.27.

    None: it is as good as the boosted base, and differs from it by chance.
    """
    rng = np.random.default_rng(seed)
    of = benchmark(terms, 5)
    luck, before = rng.random(len(of.rows)), rng.random(len(of.rows)) < 0.8
    boosted = before & (luck < 0.27 / 0.8)
    after = changed(rng, boosted, 0.0) if tuned is None else rng.random(len(of.rows)) < tuned
    pair = Pair(["heard"] * len(of.rows), scored(before), scored(after))
    free = Alternative("the base, beam boosted 1", scored(boosted))
    decision = decide(of.rows, of.split, pair, None, KEEP_OPEN, alternative=free)
    return int(decision.verdict == "keep")


CHAINS: Sequence[tuple[str, dict[str, Any], int]] = (
    ("no harm", {}, 2_000),
    ("no harm", {}, 6_000),
    ("+3 % general WER", {"general_rise": 0.03}, 2_000),
    ("+5 % general WER", {"general_rise": 0.05}, 6_000),
    ("+3 points on other terms", {"other_rise": 0.03}, 6_000),
)


def against_tables(seeds: range) -> None:
    """Print how far ten champions drift from the first base, and what boosting alone leaves to keep."""
    head = "each of ten cycles | clips | kept of ten | final WER | other terms | beyond 10 %"
    table(
        head,
        (
            [label, f"{clips:,}", *drift([chain(s, clips=clips, **kind) for s in seeds])]
            for name, rises, clips in CHAINS
            for label, kind in (
                (name, rises),
                (f"{name}, champion alone", rises | {"anchored": False}),
            )
        ),
    )
    table(
        "base 0.80, boosted 0.27, fine-tune | kept",
        (
            [label, share([kept_beside_boosting(s, tuned) for s in seeds])]
            for label, tuned in (("0.40", 0.4), ("as good", None), ("0.16", 0.16), ("0.10", 0.1))
        ),
    )


def drift(chains: Sequence[Chain]) -> list[str]:
    """Write how many champions there were on average, and how far the last ones are from the base."""
    beyond = [one.general > 1.1 + 1e-9 or one.other > 0.1 + 1e-9 for one in chains]
    return [
        f"{np.mean([one.kept for one in chains]):.1f}",
        f"× {np.mean([one.general for one in chains]):.3f}",
        f"+{100 * np.mean([one.other for one in chains]):.1f} points",
        share(beyond),
    ]


TABLES: dict[str, Callable[[range], None]] = {
    "useless": useless_tables,
    "sources": source_tables,
    "guards": guard_tables,
    "power": power_tables,
    "plan": plan_tables,
    "looks": looks_tables,
    "interval": interval_tables,
    "against": against_tables,
}


def main() -> None:
    """Print tables in markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100, help="histories of each cell")
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first history")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    arguments = parser.parse_args()
    statistics.DRAWS = 1_000  # of the interval, which decides nothing
    for name in arguments.tables:
        TABLES[name](range(arguments.seed, arguments.seed + arguments.trials))


if __name__ == "__main__":
    main()
