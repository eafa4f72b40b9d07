"""Looks at the same terms by other splits and categories, the choice of an arm, recorded speech."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from worlds.rows import (
    KEEP_OPEN,
    KER,
    LOOKS,
    Benchmark,
    World,
    benchmark,
    changed,
    drifting_voices,
    mean_of,
    references,
    scored,
    share,
    shown,
    table,
)

from tasks.domain.decoding import GREEDY
from tasks.domain.policy import Policy, SplitPolicy
from tasks.domain.split import split_rows
from tasks.domain.verdict.arms import ArmRows, Transcribed, choose_arm
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.decide import Accepted, decide
from tasks.domain.verdict.evidence import with_evidence
from tasks.domain.verdict.looks import PRIORITY, limits_of, look_of
from tasks.domain.verdict.looks import Judged as Earlier
from tasks.domain.verdict.priority import measure


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


def judged_of_eight_arms(
    drug_rows: int, seed: int, best: float = 0.1, ker: float = 0.4, *, one_base: bool = True
) -> float:
    """The true KER of the system that is judged, of eight: one is truly better, another was expected.

    Systems of `one_base` differ from it by chance, as averages and decodings of one fine-tune do; else
    each misses rows of its own.
    """
    rng = np.random.default_rng(seed)
    given = ArmRows(benchmark(drug_rows, 1).rows)
    kers = [ker, *rng.permutation([ker] * 6 + [best]).tolist()]
    base = rng.random(drug_rows) < ker
    expected, *others = (
        Transcribed(
            str(n),
            0.0,
            GREEDY,
            scored(
                changed(rng, base, 1 - true / ker) if one_base else rng.random(drug_rows) < true
            ),
            scored(np.zeros(0, bool)),
        )
        for n, true in enumerate(kers)
    )
    return kers[int(choose_arm(given, expected, others, KEEP_OPEN)[0].name)]


def kept_as_shown(seed: int) -> int:
    """Whether a candidate that is better on synthetic rows alone is kept as shown on recorded speech."""
    rng, of, people = np.random.default_rng(seed), benchmark(60, 5), benchmark(40, 1)
    recorded = [row.model_copy(update={"source": "recorded"}) for row in people.rows]
    before, missed = rng.random(len(of.rows)) < KER, rng.random(len(recorded)) < KER
    accepted = Accepted(
        recorded,
        Pair(references(people), scored(missed), scored(changed(rng, missed, 0.0))),
    )
    pair = Pair(references(of), scored(before), scored(changed(rng, before, 0.4)))
    decision = decide(of.rows, of.split, pair, None, KEEP_OPEN, accepted=accepted)
    decision = with_evidence(decision, of.rows, pair, accepted, KEEP_OPEN)
    return int(any(reason.startswith("Shown on recorded") for reason in decision.reasons))


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
        "eight arms, true KER 0.10 and 0.40, drug rows | of the judged one, of one base | independent",
        (
            [
                rows,
                *(
                    mean_of([judged_of_eight_arms(rows, s, one_base=one_base) for s in seeds])
                    for one_base in (True, False)
                ),
            ]
            for rows in (15, 40)
        ),
    )
    table(
        "recorded speech that did not improve | kept as shown on it",
        [["40 rows of 40 terms", share([kept_as_shown(seed) for seed in seeds])]],
    )
