"""General English word sequences, from a seed."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FRAMES = (
    "the * was * by the *",
    "we * the * with a *",
    "they have * many * in the *",
    "she said that the * is *",
    "it was a * and * day for *",
    "you can * this * when we *",
    "there are * in the * near the *",
    "please * the * before the *",
    "he will * to * after *",
    "our * has been * since the *",
    "no one * the * of a *",
    "i think * are more * than *",
)
COMMON_SHARE = 0.5
MANDELBROT_SHIFT = 20.0
COMMON = tuple((HERE / "common.txt").read_text(encoding="utf-8").split())


@cache
def lexicon() -> tuple[str, ...]:
    """The general vocabulary, in alphabetical order; it holds no word of a benchmark term."""
    return tuple((HERE / "lexicon.txt").read_text(encoding="utf-8").split())


@cache
def terms() -> tuple[dict[str, str], ...]:
    """The rows of terms.csv: term, entity_category, ipa_source, phonemes (espeak mnemonics)."""
    with (HERE / "terms.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def zipf_weights() -> np.ndarray:
    """The share of each lexicon word in natural speech: Zipf-Mandelbrot, ranks drawn by lot."""
    ranks = np.random.default_rng(1).permutation(len(lexicon()))
    weights = 1.0 / (ranks + MANDELBROT_SHIFT)
    return np.asarray(weights / weights.sum())


def sentences(seed: int, count: int, *, natural: bool) -> list[str]:
    """Draw distinct sentences: one in three fills a frame, the others are 4 to 8 words, each a
    common one or one of the lexicon.

    `natural` draws lexicon words by Zipf's law, as speech does; else all are as likely, so that a
    model in training hears the rare ones as often.
    """
    rng = np.random.default_rng(seed)
    words = lexicon()
    weights = zipf_weights() if natural else None
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        if len(drawn) % 3 == 0:
            frame = FRAMES[rng.integers(len(FRAMES))].split()
        else:
            common = [COMMON[index] for index in rng.integers(len(COMMON), size=rng.integers(4, 9))]
            frame = [word if rng.random() < COMMON_SHARE else "*" for word in common]
        slots = iter(rng.choice(len(words), size=frame.count("*"), p=weights))
        filled = [words[next(slots)] if slot == "*" else slot for slot in frame]
        drawn[" ".join(filled)] = None
    return list(drawn)
