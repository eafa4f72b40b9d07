"""General English word sequences, from a seed."""

from __future__ import annotations

import argparse
import csv
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
FRAMES = (
    "the * was * by the *",
    "we * the * with a *",
    "they have * many * in the *",
    "she said that the * is *",  # codespell:ignore said
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
INVENTED, INVENTED_SHARE = 50_000, 0.4
COMMON = tuple((HERE / "common.txt").read_text(encoding="utf-8").split())


@cache
def lexicon() -> tuple[str, ...]:
    """The general vocabulary, in alphabetical order; it holds no word of a benchmark term."""
    return tuple((HERE / "lexicon.txt").read_text(encoding="utf-8").split())


@cache
def terms() -> tuple[dict[str, str], ...]:
    """The rows of terms.csv: term, entity_category, ipa."""
    with (HERE / "terms.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def zipf_weights() -> np.ndarray:
    """The share of each lexicon word in natural speech: Zipf-Mandelbrot, ranks drawn by lot."""
    ranks = np.random.default_rng(1).permutation(len(lexicon()))
    weights = 1.0 / (ranks + MANDELBROT_SHIFT)
    return np.asarray(weights / weights.sum())


@cache
def invented_words(count: int) -> tuple[str, ...]:
    """Distinct pronounceable words outside the lexicon, made from its letter sequences.

    Each letter is drawn as it follows the three before it. No term word is among them.
    """
    following: dict[str, list[str]] = {}
    for word in lexicon():
        letters = "^^^" + word + "$"
        for index in range(3, len(letters)):
            following.setdefault(letters[index - 3 : index], []).append(letters[index])
    real = {*lexicon(), *COMMON, *(part for term in terms() for part in term["term"].split())}
    rng = np.random.default_rng(2)
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        word = "^^^"
        while not word.endswith("$"):
            choices = following[word[-3:]]
            word += choices[rng.integers(len(choices))]
        if 5 <= len(word) - 4 <= 12 and word[3:-1] not in real:
            drawn[word[3:-1]] = None
    return tuple(drawn)


@cache
def replayed_words() -> tuple[tuple[str, ...], np.ndarray]:
    """The words of replayed speech: four in five of the lexicon, by Zipf's law."""
    kept = np.arange(len(lexicon())) % 5 != 0
    weights = np.where(kept, zipf_weights(), 0.0)
    return lexicon(), weights / weights.sum()


@cache
def vocabulary(natural: bool) -> tuple[tuple[str, ...], np.ndarray]:
    """The words that fill a sentence, and the probability of each.

    In `natural` speech they are the lexicon by Zipf's law. For training they are the lexicon, all
    its words as likely, and a share of invented words: a model then trains on rare words as often,
    and learns to spell by sound what it was not trained on.
    """
    if natural:
        return lexicon(), zipf_weights()
    invented = invented_words(INVENTED)
    weights = (
        np.full(len(lexicon()), (1.0 - INVENTED_SHARE) / len(lexicon())),
        np.full(len(invented), INVENTED_SHARE / len(invented)),
    )
    return (*lexicon(), *invented), np.concatenate(weights)


def sentences(seed: int, count: int, *, natural: bool, replayed: bool = False) -> list[str]:
    """Draw distinct sentences: one in three fills a frame, the others are 4 to 8 words, each a
    common one or one of the vocabulary, which for `replayed` speech lacks a fifth."""
    rng = np.random.default_rng(seed)
    words, weights = replayed_words() if replayed else vocabulary(natural)
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


if __name__ == "__main__":
    argparse.ArgumentParser().exit(
        2, "It writes what benchmark.py and corpus.py say: start one of them.\n"
    )
