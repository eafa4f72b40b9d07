"""WER, CER, KER and SER, for a row and in aggregate, in the published view or the canonical one.

WER and CER are jiwer's on normalized text, counted by rapidfuzz, the engine under jiwer; KER is 1 for
a row whose term is not in the hypothesis; SER is 1 for a row that differs at all. An undefined rate
is None, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from tasks.domain.scoring.canonical import canonical_words
from tasks.domain.scoring.finding import found_in, term_forms
from tasks.domain.scoring.normalize import normalize, normalized_words
from tasks.domain.scoring.scores import NO_TERM, Counts, Rate, RowScore, Scores
from tasks.domain.scoring.views import View

BLOCK = 1_000  # rows scored at once: their words are gone before Python looks for garbage


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


def term_missed(term: str, hypothesis: str) -> bool:
    """Tell whether the term's words do not stand in order, adjacent, in the hypothesis.

    >>> term_missed("cefazolin", "give cefa zolin now")
    True
    >>> term_missed("Mitral valve", "the mitral valve, again")
    False
    """
    return f" {normalize(term)} " not in f" {normalize(hypothesis)} "


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
