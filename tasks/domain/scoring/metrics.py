"""WER, CER, KER and SER, for a row and in aggregate, in the published view or the canonical one.

WER and CER are jiwer's on normalized text, counted by rapidfuzz, the engine under jiwer; KER is 1 for
a row whose term is not in the hypothesis; SER is 1 for a row that differs at all. An undefined rate
is None, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from tasks.domain.scoring.canonical import View, canonical_words
from tasks.domain.scoring.finding import found_in, term_forms
from tasks.domain.scoring.normalize import normalize, normalized_words

BLOCK = 1_000  # rows scored at once: their words are gone before Python looks for garbage
Counts = NDArray[np.int32]
NO_TERM = -1  # of general speech: there is nothing to miss


@dataclass(frozen=True)
class Rate:
    """Errors over a total; `+` sums counts, `value` is None over nothing.

    >>> (Rate(1, 4) + Rate(0, 4)).value
    0.125
    >>> Rate(0, 0).value is None
    True
    """

    errors: int
    total: int

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.errors + other.errors, self.total + other.total)

    @property
    def value(self) -> float | None:
        return self.errors / self.total if self.total else None


@dataclass(frozen=True)
class RowScore:
    """The scores of one row: word and character rates, and whether term and sentence were missed."""

    words: Rate
    characters: Rate
    ker: int | None
    ser: int

    @property
    def wer(self) -> float | None:
        return self.words.value

    @property
    def cer(self) -> float | None:
        return self.characters.value


class Scores(Sequence[RowScore]):
    """Scores in row order; its items are RowScores, made when they are asked for.

    `counts` has a line a row: word errors, words, character errors, characters, whether the term was
    missed (0, 1 or NO_TERM), whether the row differs at all (0 or 1).
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    @classmethod
    def of(cls, rows: Iterable[RowScore]) -> Scores:
        """Return scores of single rows their columns; what has columns stays as it is."""
        if isinstance(rows, Scores):
            return rows
        lines = [
            (
                *(one.words.errors, one.words.total),
                *(one.characters.errors, one.characters.total),
                NO_TERM if one.ker is None else one.ker,
                one.ser,
            )
            for one in rows
        ]
        return cls(np.array(lines, np.int32).reshape(-1, 6))

    @property
    def word_errors(self) -> Counts:
        return self.counts[:, 0]

    @property
    def words(self) -> Counts:
        return self.counts[:, 1]

    @property
    def missed(self) -> Counts:
        return self.counts[:, 4]

    @property
    def rates(self) -> Iterator[tuple[float | None, float | None, int | None, int]]:
        """WER, CER, KER and SER of each row, as its RowScore has them, many times as fast."""
        for errors, words, wrong, characters, missed, changed in self.counts.tolist():
            yield (
                errors / words if words else None,
                wrong / characters if characters else None,
                None if missed == NO_TERM else missed,
                changed,
            )

    def at(self, positions: Sequence[int]) -> Scores:
        """The scores at these positions, in their order."""
        return Scores(self.counts[np.asarray(positions, np.intp)])

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[RowScore]:
        return map(_row_score, self.counts.tolist())

    @overload
    def __getitem__(self, position: int) -> RowScore: ...
    @overload
    def __getitem__(self, position: slice) -> Scores: ...
    def __getitem__(self, position: int | slice) -> RowScore | Scores:
        if isinstance(position, slice):
            return Scores(self.counts[position])
        return _row_score(self.counts[position].tolist())


def _row_score(counts: Sequence[int]) -> RowScore:
    errors, words, wrong, characters, missed, changed = counts
    ker = None if missed == NO_TERM else missed
    return RowScore(Rate(errors, words), Rate(wrong, characters), ker, changed)


@dataclass(frozen=True)
class Summary:
    """Aggregate rates of some rows: means of rows, as the published leaderboard takes them, and
    corpus rates (sum of errors over sum of reference length) beside them.

    Those without a suffix are of the published view. `spelling_alone` counts rows whose term is
    missed in the published view and found in the canonical one.
    """

    rows: int
    wer: float | None
    cer: float | None
    ker: float | None
    ser: float | None
    wer_corpus: float | None
    cer_corpus: float | None
    wer_canonical: float | None = None
    ker_canonical: float | None = None
    wer_corpus_canonical: float | None = None
    spelling_alone: int = 0


def score_rows(
    references: Sequence[str],
    hypotheses: Sequence[str],
    terms: Sequence[str | None],
    *,
    accepted: Sequence[Sequence[str]] | None = None,
    view: View = "published",
) -> Scores:
    """Score each row; the sequences run in parallel, a term is None for general speech.

    Accepted spellings of a term count only in the canonical view: the published one has none.

    >>> def ker(view):
    ...     return score_rows(["5-FU now"], ["five F U now"], ["5-FU"], view=view)[0].ker
    >>> ker("published"), ker("canonical")
    (1, 0)
    """
    spellings = [()] * len(references) if accepted is None else accepted
    if not len(references) == len(hypotheses) == len(terms) == len(spellings):
        raise ValueError("references, hypotheses, terms and accepted spellings have to be as many")
    blocks = [slice(start, start + BLOCK) for start in range(0, len(references), BLOCK)]
    counts = [
        _score(references[rows], hypotheses[rows], terms[rows])
        if view == "published"
        else _score_canonical(references[rows], hypotheses[rows], terms[rows], spellings[rows])
        for rows in blocks
    ]
    return Scores(np.concatenate(counts)) if counts else Scores.of([])


def _score(
    references: Sequence[str], hypotheses: Sequence[str], terms: Sequence[str | None]
) -> Counts:
    words, recognized = normalized_words(references), normalized_words(hypotheses)
    predicted = [" ".join(text) for text in recognized]
    missed = [
        int(f" {normalize(term)} " not in f" {text} ") if term and normalize(term) else NO_TERM
        for term, text in zip(terms, predicted, strict=True)
    ]
    return _columns(words, recognized, predicted, missed)


def _score_canonical(
    references: Sequence[str],
    hypotheses: Sequence[str],
    terms: Sequence[str | None],
    accepted: Sequence[Sequence[str]],
) -> Counts:
    words, recognized = canonical_words(references), canonical_words(hypotheses)
    predicted = [" ".join(text) for text in recognized]
    forms = [
        term_forms(term, spellings) if term else None
        for term, spellings in zip(terms, accepted, strict=True)
    ]
    missed = [
        int(not found_in(one, text, hypothesis)) if one and (one.forms or one.units) else NO_TERM
        for one, text, hypothesis in zip(forms, predicted, hypotheses, strict=True)
    ]
    return _columns(words, recognized, predicted, missed)


def _columns(
    words: list[list[str]], recognized: list[list[str]], predicted: list[str], missed: list[int]
) -> Counts:
    expected = [" ".join(text) for text in words]
    changed = [one != other for one, other in zip(expected, predicted, strict=True)]
    counts = (*_counts(words, recognized), *_counts(expected, predicted), missed, changed)
    return np.array(counts, np.int32).T


def _counts(references: Sequence[Any], hypotheses: Sequence[Any]) -> tuple[Counts, Counts]:
    """Count errors and units row by row; a row without reference units has neither."""
    units = np.array([len(units) for units in references], np.int32)
    distances = process.cpdist(references, hypotheses, scorer=Levenshtein.distance, dtype=np.int32)
    return np.where(units > 0, distances, 0).astype(np.int32), units


def summarize(scores: Sequence[RowScore], canonical: Sequence[RowScore] | None = None) -> Summary:
    """Aggregate the published scores of rows, and their canonical ones where they are at hand.

    A rate with no defined row is None.
    """
    columns = Scores.of(scores).counts.T
    word_errors, words, character_errors, characters, missed, changed = columns
    summary = Summary(
        rows=len(changed),
        wer=_mean_rate(word_errors, words),
        cer=_mean_rate(character_errors, characters),
        ker=_ker(missed),
        ser=_mean_rate(changed, np.ones_like(changed)),
        wer_corpus=Rate(int(word_errors.sum()), int(words.sum())).value,
        cer_corpus=Rate(int(character_errors.sum()), int(characters.sum())).value,
    )
    if canonical is None:
        return summary
    spoken = Scores.of(canonical)
    return replace(
        summary,
        wer_canonical=_mean_rate(spoken.word_errors, spoken.words),
        ker_canonical=_ker(spoken.missed),
        wer_corpus_canonical=Rate(int(spoken.word_errors.sum()), int(spoken.words.sum())).value,
        spelling_alone=int(((missed == 1) & (spoken.missed == 0)).sum()),
    )


def _ker(missed: Counts) -> float | None:
    return _mean_rate(missed, np.where(missed == NO_TERM, 0, 1))


def _mean_rate(errors: Counts, totals: Counts) -> float | None:
    """Average the rates of rows that have a total."""
    defined = totals > 0
    return float((errors[defined] / totals[defined]).mean()) if defined.any() else None


def total(rates: Sequence[Rate]) -> Rate:
    """Sum the counts of many rates."""
    return Rate(sum(rate.errors for rate in rates), sum(rate.total for rate in rates))


def mean(values: Iterable[float | None]) -> float | None:
    """Average the defined values; None when there are none.

    >>> mean([1, None, 0])
    0.5
    """
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def rate(value: float | None) -> str:
    """Write a rate; an undefined one is a dash.

    >>> rate(0.1284), rate(None)
    ('0.128', '–')
    """
    return "–" if value is None or math.isnan(value) else f"{value:.3f}"
