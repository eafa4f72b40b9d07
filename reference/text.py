"""General English word sequences, from a seed."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
COMMON = tuple(
    """
    a about after again ago all also always am an and another any are around as ask at away back be
    because been before being best better between big both but by call came can case come could day
    did do does done down each early end ever every evening far few find first five for four friday
    from gave get give go goes going good great had has have he her here high him his home hour how
    i if in into is it its just keep know large last late left less let like little long look looks
    low made make many may me might more morning most much must my near need never new next night no
    normal not now of off often old on once one only open or other our out over own pain part patient
    people place plan please put quite right said same saw say see seen send set she should show six
    small so some soon start started still stop such sure take taking talk tell ten test than that
    the their them then there these they thing think this those three time times to today together
    told tomorrow tonight too took turn two under until up us use very wait waiting want was way we
    week well went were what when where which while who why will with without work would year yes
    yesterday yet you your
    """.split()
)
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


@cache
def lexicon() -> tuple[str, ...]:
    """The general vocabulary, in alphabetical order; it holds no word of a benchmark term."""
    return tuple((HERE / "lexicon.txt").read_text(encoding="utf-8").split())


@cache
def terms() -> tuple[dict[str, str], ...]:
    """The rows of terms.csv: term, entity_category, ipa_source, phonemes (espeak mnemonics)."""
    with (HERE / "terms.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def sentences(seed: int, count: int) -> list[str]:
    """Draw distinct sentences: one in three fills a frame, the others are 4 to 8 words, each a
    common one or one of the lexicon."""
    rng = np.random.default_rng(seed)
    words = lexicon()
    drawn: dict[str, None] = {}
    while len(drawn) < count:
        if len(drawn) % 3 == 0:
            frame = FRAMES[rng.integers(len(FRAMES))].split()
        else:
            common = [COMMON[index] for index in rng.integers(len(COMMON), size=rng.integers(4, 9))]
            frame = [word if rng.random() < COMMON_SHARE else "*" for word in common]
        filled = [words[rng.integers(len(words))] if slot == "*" else slot for slot in frame]
        drawn[" ".join(filled)] = None
    return list(drawn)
