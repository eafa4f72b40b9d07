"""Useless candidates: how often one is kept over looks, voices and engines; and the interval of a drop."""

from __future__ import annotations

import numpy as np
from worlds.rows import (
    DRIFT,
    FLIPS,
    KEEP_OPEN,
    KER,
    LOOKS,
    VOICES,
    Benchmark,
    Draw,
    World,
    benchmark,
    chance,
    changed,
    drifting_terms,
    drifting_voices,
    references,
    scored,
    share,
    shown,
    table,
)

from tasks.domain.policy import Policy
from tasks.domain.split import split_rows
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.decide import decide
from tasks.domain.verdict.priority import measure


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
    """Whether a model that recognizes the sentences it was trained on, and harms others, is kept."""
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
        "40 terms of five rows, voices that drift | kept in ten looks",
        ([n, histories(drifting_voices, benchmark(40, 5, voices=n), seeds)] for n in (5, 6)),
    )
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
