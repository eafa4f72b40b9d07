"""What candidates are judged against besides the champion: the first base, and boosting alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from worlds.rows import (
    CLIPS,
    KEEP_OPEN,
    KER,
    WER,
    WORDS,
    benchmark,
    changed,
    general_speech,
    scored,
    share,
    table,
)

from tasks.domain.policy import Policy
from tasks.domain.verdict.against import Alternative, Anchored
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.decide import decide


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
    held: list[bool] = []  # of each candidate, whether its guards were, against the first base
    for _ in range(cycles):
        missed = rng.random(len(drug)) < KER
        flipped = changed(rng, other, 0.0, 0.02)
        worse = flipped | (~flipped & (rng.random(len(drug)) < other_rise / (1 - ker)))
        new = rng.binomial(WORDS, wer * (0.15 + general_rise), clips)
        louder = np.minimum(words - rng.binomial(words, 0.15) + new, WORDS)
        after = scored(np.where(drug, changed(rng, missed, 0.4), worse))
        against = Anchored(
            held,
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
        if decision.against_anchor:
            held.append(decision.against_anchor.held)
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
