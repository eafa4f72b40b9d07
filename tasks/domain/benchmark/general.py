"""General speech for people who have none: which sentence goes into which set, in which voice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.domain.benchmark.naming import NamedTerms
from tasks.domain.benchmark.plan import Voice
from tasks.domain.scoring.normalize import normalize
from tasks.domain.sound.conditions import Condition

MIN_WORDS, MAX_WORDS = 4, 30
END = re.compile(r"(?<=[.?!])[\"')\]]*\s+|\n\s*\n")


@dataclass(frozen=True)
class PlannedClip:
    """A sentence to say, the voice that says it, and how it is heard."""

    text: str
    voice: Voice
    condition: Condition


def sentences_in(text: str) -> list[str]:
    """Give the sentences of a text in their order, each once, that are of a fit length.

    >>> sentences_in("One two three four. Too short!\\nFive six\\nseven eight? One two three four.")
    ['One two three four.', 'Five six seven eight?']
    """
    found: dict[str, str] = {}
    for piece in END.split(text):
        sentence = " ".join(piece.split())
        if MIN_WORDS <= len(normalize(sentence).split()) <= MAX_WORDS:
            found.setdefault(normalize(sentence), sentence)
    return list(found.values())


def fit_sentences(
    sentences: Iterable[str], terms: Sequence[str], taken: Collection[str]
) -> list[str]:
    """Leave out sentences that name a clinical term or stand in a set already."""
    known, named = {normalize(text) for text in taken}, NamedTerms.of(terms)
    return [
        text for text in sentences if normalize(text) not in known and not named.others_in(text, "")
    ]


def plan_sets(
    sentences: Sequence[str],
    voices: Mapping[str, Sequence[Voice]],
    conditions: Sequence[Condition],
    sizes: Mapping[str, int],
    seed: int,
) -> dict[str, list[PlannedClip]]:
    """Deal sentences to sets by lot, none to two, and to a set's own voices in turn.

    Each voice is heard under every condition in turn. Raises ValueError where there are too few.
    """
    if sum(sizes.values()) > len(sentences):
        raise ValueError(f"expected {sum(sizes.values())} sentences; got {len(sentences)}")
    order = iter(np.random.default_rng(seed).permutation(len(sentences)))
    return {
        name: [
            PlannedClip(
                sentences[next(order)],
                voices[name][turn % len(voices[name])],
                conditions[turn // len(voices[name]) % len(conditions)],
            )
            for turn in range(size)
        ]
        for name, size in sizes.items()
    }


def voices_apart(voices: Sequence[Voice], names: Sequence[str]) -> dict[str, list[Voice]]:
    """Give each set voices of its own, taken in turn; all to all where there are too few.

    >>> found = voices_apart([Voice("e", "1"), Voice("e", "2"), Voice("e", "3")], ["guard", "replay"])
    >>> [[voice.name for voice in of_set] for of_set in found.values()]
    [['1', '3'], ['2']]
    """
    if len(voices) < len(names):
        return {name: list(voices) for name in names}
    return {name: list(voices[start :: len(names)]) for start, name in enumerate(names)}
