"""Benchmarks, what two systems transcribe of them, and tables of shares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.scoring.metrics import Rate, RowScore, Scores
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import GuardSet, Pair, ScoredHypotheses, guard_set
from tasks.domain.verdict.decide import Decision

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


World = Callable[[np.random.Generator, Benchmark, Draw], Draw]


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


def drifting_terms(rng: np.random.Generator, of: Benchmark, _: Draw) -> Draw:
    return drifted(rng, of.term)


def drifting_voices(rng: np.random.Generator, of: Benchmark, _: Draw) -> Draw:
    return drifted(rng, of.voice)


def chance(rng: np.random.Generator, _: Benchmark, before: Draw) -> Draw:
    return changed(rng, before, 0.0)


def shown(decision: Decision) -> bool:
    """Whether it is kept where no guard is asked for but that of one voice, which is open."""
    return decision.verdict == "keep" and all(one.name != "voices" for one in decision.guards)


def share(values: Sequence[int | bool]) -> str:
    """Write a share with its 95 % interval, by Wilson."""
    count, rate = len(values), sum(values) / len(values)
    middle, spread = (
        rate + 1.92 / count,
        1.96 * (rate * (1 - rate) / count + 0.96 / count**2) ** 0.5,
    )
    low, high = ((middle + sign * spread) / (1 + 3.84 / count) for sign in (-1, 1))
    return f"{rate:.3f} ({max(0, low):.3f}–{min(1, high):.3f}, n = {count})"


def mean_of(values: Sequence[float]) -> str:
    half = 1.96 * np.std(values) / len(values) ** 0.5
    return f"{np.mean(values):.3f} ± {half:.3f}, n = {len(values)}"


def table(head: str, lines: Iterable[Sequence[object]]) -> None:
    """Print a table in markdown, a line as soon as it is known."""
    print(f"\n| {head} |\n|{'---|' * (head.count('|') + 1)}")
    for cells in lines:
        print(f"| {' | '.join(map(str, cells))} |", flush=True)
