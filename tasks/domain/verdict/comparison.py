"""The hypotheses of two models for the same rows, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.domain.scoring.metrics import score_rows
from tasks.domain.scoring.scores import Scores

Source = Literal["general.jsonl", "replay"]  # replay: of systems compared before the verdict


@dataclass(frozen=True)
class ScoredHypotheses:
    """The hypotheses of one model and their scores; both run in row order."""

    texts: Sequence[str]
    scores: Scores

    def at(self, positions: Sequence[int]) -> ScoredHypotheses:
        return ScoredHypotheses([self.texts[p] for p in positions], self.scores.at(positions))

    @property
    def missed(self) -> list[int]:
        """1 for each row whose term does not stand in the hypothesis."""
        return [int(missed) for missed in self.scores.missed == 1]


@dataclass(frozen=True)
class Pair:
    """References with the hypotheses of comparison model and candidate; all run in row order."""

    references: Sequence[str]
    comparison: ScoredHypotheses
    candidate: ScoredHypotheses

    def at(self, positions: Sequence[int]) -> Pair:
        """The same, of the rows at these positions."""
        references = [self.references[p] for p in positions]
        return Pair(references, self.comparison.at(positions), self.candidate.at(positions))


@dataclass(frozen=True)
class GuardSet:
    """General speech as both models heard it, with the unit that its clips are grouped by.

    `keys` runs beside the clips: what a clip's unit is, such as its voice. `source` says where the
    clips are from, also where there are none.
    """

    pair: Pair
    keys: Sequence[str]
    unit: str
    source: Source = "general.jsonl"


MIN_VOICES = 5  # fewer voices are too few for a test over them


def guard_set(
    pair: Pair,
    voices: Sequence[str | None],
    source: Source = "general.jsonl",
) -> GuardSet:
    """Group clips by voice where every clip names one and there are five or more, else not at all."""
    named = [voice for voice in voices if voice]
    if len(named) == len(voices) and len(set(named)) >= MIN_VOICES:
        return GuardSet(pair, named, "voice", source)
    return GuardSet(pair, [str(number) for number in range(len(voices))], "clip", source)


def score_pair(
    references: Sequence[str],
    terms: Sequence[str | None],
    before: Sequence[str],
    after: Sequence[str],
) -> Pair:
    """Score both models alike; a term is None for general speech."""
    comparison, candidate = (
        ScoredHypotheses(texts, score_rows(references, texts, terms)) for texts in (before, after)
    )
    return Pair(references, comparison, candidate)
