"""The hypotheses of two models for the same rows, and their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import View
from tasks.domain.scoring.metrics import Scores, Summary, mean, score_rows, summarize
from tasks.domain.verdict.critical import Change, critical_changes

Source = Literal["general.jsonl", "replay"]  # replay: of systems compared before the verdict


@dataclass(frozen=True)
class ScoredHypotheses:
    """The transcripts of one system and their scores in both views; all run in row order.

    `view` is the one that decides.
    """

    texts: Sequence[str]
    published: Scores
    canonical: Scores
    view: View = "canonical"
    _critical: list[tuple[Change, ...]] = field(
        init=False, default_factory=list, repr=False, compare=False
    )

    @classmethod
    def alike(cls, texts: Sequence[str], scores: Scores) -> ScoredHypotheses:
        """Take the same scores in both views, for texts that are not spelled in two ways."""
        return cls(texts, scores, scores)

    @property
    def scores(self) -> Scores:
        """The scores that decide."""
        return self.canonical if self.view == "canonical" else self.published

    @property
    def missed(self) -> list[int]:
        """1 for each row whose term is not found in the transcript, in the view that decides."""
        return [int(missed) for missed in self.scores.missed == 1]

    @property
    def published_ker(self) -> float | None:
        """The published KER, whichever view decides; None without rows."""
        return mean((self.published.missed == 1).tolist())

    @property
    def spelling_alone(self) -> int:
        """The rows whose term the published view misses and the canonical one finds."""
        return int(((self.published.missed == 1) & (self.canonical.missed == 0)).sum())

    @property
    def summary(self) -> Summary:
        """The rates of these rows in both views."""
        return summarize(self.published, self.canonical)

    def critical_changes(self, references: Sequence[str]) -> list[tuple[Change, ...]]:
        """Return the critical changes of each row to its reference.

        They are looked for once: a verdict compares the candidate with several systems.
        """
        if not self._critical:
            self._critical.extend(critical_changes(references, self.texts))
        return self._critical

    def at(self, positions: Sequence[int]) -> ScoredHypotheses:
        """Return the same for the rows at these positions, in their order."""
        return replace(
            self,
            texts=[self.texts[p] for p in positions],
            published=self.published.at(positions),
            canonical=self.canonical.at(positions),
        )


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
    """General speech as both models transcribed it, with the unit that its clips are grouped by.

    `keys` runs beside the clips: what a clip's unit is, such as its voice. `source` is where the
    clips are from, also where there are none.
    """

    pair: Pair
    keys: Sequence[str]
    unit: str
    source: Source = "general.jsonl"


def guard_set(
    pair: Pair,
    voices: Sequence[str | None],
    source: Source = "general.jsonl",
) -> GuardSet:
    """Group clips by voice where every clip names one, else not at all."""
    named = [voice for voice in voices if voice]
    if named and len(named) == len(voices):
        return GuardSet(pair, named, "voice", source)
    return GuardSet(pair, [str(number) for number in range(len(voices))], "clip", source)


def score_texts(
    references: Sequence[str],
    texts: Sequence[str],
    terms: Sequence[str | None],
    view: View = "canonical",
    accepted: Sequence[Sequence[str]] | None = None,
) -> ScoredHypotheses:
    """Score the transcripts of one system in both views; all sequences run in row order.

    A term is None for general speech; `accepted` are further spellings of each row's term.
    """
    spellings = None if accepted is None else tuple(map(tuple, accepted))
    return _scored(tuple(references), tuple(texts), tuple(terms), view, spellings)


@lru_cache(maxsize=4)  # gate, score and decide ask for those of comparison model and candidate
def _scored(
    references: tuple[str, ...],
    texts: tuple[str, ...],
    terms: tuple[str | None, ...],
    view: View,
    accepted: tuple[tuple[str, ...], ...] | None,
) -> ScoredHypotheses:
    return ScoredHypotheses(
        list(texts),
        score_rows(references, texts, terms),
        score_rows(references, texts, terms, accepted=accepted, view="canonical"),
        view,
    )


def score_clinical(
    rows: Sequence[ClinicalRow], texts: Sequence[str], view: View = "canonical"
) -> ScoredHypotheses:
    """Score what one system transcribed of benchmark rows, in row order."""
    return score_texts(
        [row.text for row in rows],
        texts,
        [row.term for row in rows],
        view,
        [row.accepted for row in rows],
    )


def score_general(
    references: Sequence[str], texts: Sequence[str], view: View = "canonical"
) -> ScoredHypotheses:
    """Score what one system transcribed of general speech, which has no terms."""
    return score_texts(references, texts, [None] * len(references), view)


def score_pair(
    references: Sequence[str],
    terms: Sequence[str | None],
    before: Sequence[str],
    after: Sequence[str],
    view: View = "canonical",
) -> Pair:
    """Score both models alike; a term is None for general speech."""
    comparison, candidate = (
        score_texts(references, texts, terms, view) for texts in (before, after)
    )
    return Pair(references, comparison, candidate)


def clinical_pair(
    rows: Sequence[ClinicalRow],
    before: Sequence[str],
    after: Sequence[str],
    view: View = "canonical",
) -> Pair:
    """Score what both models transcribed of benchmark rows, in row order."""
    comparison, candidate = (score_clinical(rows, texts, view) for texts in (before, after))
    return Pair([row.text for row in rows], comparison, candidate)
