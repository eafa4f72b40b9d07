"""General speech for people who have none: which sentence goes into which set, in which voice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import Voice
from tasks.benchmark.terms import NamedTerms
from tasks.domain.errors import Fault
from tasks.domain.scoring.normalize import normalize
from tasks.domain.spoken.forms import unpronounced, unsaid
from tasks.domain.words import controls

MIN_WORDS, MAX_WORDS = 4, 30
END = re.compile(r"(?<=[.?!])[\"')\]]*\s+|\n\s*\n")


@dataclass(frozen=True)
class PlannedClip:
    """A sentence to speak, the voice that speaks it, and its acoustic condition."""

    text: str
    voice: Voice
    condition: Condition


def sentences_in(text: str) -> list[str]:
    """Return the sentences of a text in their order, each once, that are of a fit length.

    >>> sentences_in("One two three four. Too short!\\nFive six\\nseven eight? One two three four.")
    ['One two three four.', 'Five six seven eight?']
    """
    found: dict[str, str] = {}
    for piece in END.split(text):
        sentence = " ".join(piece.split())
        if MIN_WORDS <= len(normalize(sentence).split()) <= MAX_WORDS:
            found.setdefault(normalize(sentence), sentence)
    return list(found.values())


def fit_sentences(sentences: Iterable[str], named: NamedTerms, taken: Collection[str]) -> list[str]:
    """Leave out sentences that name a clinical term, are in a set already or have a sign without words."""
    known = {normalize(text) for text in taken}
    return [
        text
        for text in sentences
        if normalize(text) not in known
        and not named.others_in(text, "")
        and not (unpronounced(text) or unsaid(text))
    ]


def plan_sets(
    sentences: Sequence[str],
    voices: Mapping[str, Sequence[Voice]],
    conditions: Sequence[Condition],
    sizes: Mapping[str, int],
    seed: int,
) -> dict[str, list[PlannedClip]]:
    """Assign sentences to sets at random, none to two, and to a set's own voices in turn.

    Each voice speaks under every condition in turn. Raises ValueError where there are too few.
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


def plan_missing(
    sentences: Sequence[str],
    voices: Mapping[str, Sequence[Voice]],
    conditions: Sequence[Condition],
    sizes: Mapping[str, int],
    seed: int,
    existing: Mapping[str, Sequence[str]],
) -> dict[str, list[PlannedClip]]:
    """Plan the sets that are missing; `existing` are the texts of those that exist.

    Where those are of the same plan, as after an interruption, the missing sets are just what that plan
    has for them. Else they are planned from the sentences that no existing set has. Raises ValueError
    where there are too few.
    """
    missing = {name: size for name, size in sizes.items() if name not in existing}
    if existing.keys() <= sizes.keys() and sum(sizes.values()) <= len(sentences):
        planned = plan_sets(sentences, voices, conditions, sizes, seed)
        if all(
            {*texts} <= {clip.text for clip in planned[name]} for name, texts in existing.items()
        ):
            return {name: planned[name] for name in missing}
    taken = {normalize(text) for texts in existing.values() for text in texts}
    others = [text for text in sentences if normalize(text) not in taken]
    return plan_sets(others, voices, conditions, missing, seed)


def control_faults(text: str, file: str) -> list[Fault]:
    """Name each line of a text that has control characters, which no engine is asked to speak.

    >>> [str(fault) for fault in control_faults("One line.\\nA \\x07 bell.\\f\\n", "mine.txt")]
    ["mine.txt:2: expected plain text; got '\\\\x07' in it"]
    """
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return [
        Fault(f"expected plain text; got {found!r} in it", file, number, kind="plain text")
        for number, line in enumerate(lines, 1)
        if (found := controls(line))
    ]


def voices_apart(voices: Sequence[Voice], names: Sequence[str]) -> dict[str, list[Voice]]:
    """Return each set voices of its own, taken in turn; all to all where there are too few.

    >>> found = voices_apart([Voice("e", "1"), Voice("e", "2"), Voice("e", "3")], ["guard", "replay"])
    >>> [[voice.name for voice in of_set] for of_set in found.values()]
    [['1', '3'], ['2']]
    """
    if len(voices) < len(names):
        return {name: list(voices) for name in names}
    return {name: list(voices[start :: len(names)]) for start, name in enumerate(names)}
