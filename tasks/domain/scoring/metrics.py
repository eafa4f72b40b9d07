"""WER, CER, KER and SER, for a row and in aggregate.

WER and CER are jiwer's on normalized text; KER is 1 for a row whose term does not stand in the
hypothesis; SER is 1 for a row that differs at all. An undefined rate is None, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import jiwer

from tasks.domain.scoring.normalize import normalize


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


Aligned = jiwer.WordOutput | jiwer.CharacterOutput
NOTHING = Rate(0, 0)


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


@dataclass(frozen=True)
class Summary:
    """Aggregate rates of some rows: means of rows, as the published leaderboard takes them, and
    corpus rates (sum of errors over sum of reference length) beside them."""

    rows: int
    wer: float | None
    cer: float | None
    ker: float | None
    ser: float | None
    wer_corpus: float | None
    cer_corpus: float | None


def term_missed(term: str, hypothesis: str) -> bool:
    """Tell whether the term's words do not stand in order, adjacent, in the hypothesis.

    >>> term_missed("cefazolin", "give cefa zolin now")
    True
    >>> term_missed("Mitral valve", "the mitral valve, again")
    False
    """
    return f" {normalize(term)} " not in f" {normalize(hypothesis)} "


def score_rows(
    references: Sequence[str], hypotheses: Sequence[str], terms: Sequence[str | None]
) -> list[RowScore]:
    """Score each row; the three sequences run in parallel, a term is None for general speech."""
    predicted = [normalize(text) for text in hypotheses]
    expected = [normalize(text) for text in references]
    words = _rates([text.split() for text in expected], expected, predicted, jiwer.process_words)
    characters = _rates(
        [list(text) for text in expected], expected, predicted, jiwer.process_characters
    )
    keywords = [None if term is None else normalize(term) for term in terms]
    return [
        RowScore(
            words=words[index],
            characters=characters[index],
            ker=int(f" {keyword} " not in f" {predicted[index]} ") if keyword else None,
            ser=int(expected[index] != predicted[index]),
        )
        for index, keyword in enumerate(keywords)
    ]


def _rates(
    units: Sequence[Sequence[str]],
    references: Sequence[str],
    hypotheses: Sequence[str],
    align: Callable[[list[str], list[str]], Aligned],
) -> list[Rate]:
    """Count jiwer's errors row by row; a row without reference units has an undefined rate."""
    defined = [index for index, row in enumerate(units) if row]
    rates = [NOTHING] * len(units)
    if not defined:
        return rates
    aligned = align(
        [references[index] for index in defined], [hypotheses[index] for index in defined]
    )
    for index, chunks in zip(defined, aligned.alignments, strict=True):
        errors = sum(
            max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
            for chunk in chunks
            if chunk.type != "equal"
        )
        rates[index] = Rate(errors, len(units[index]))
    return rates


def summarize(scores: Sequence[RowScore]) -> Summary:
    """Aggregate row scores; a rate with no defined row is None."""
    words = total([score.words for score in scores])
    characters = total([score.characters for score in scores])
    return Summary(
        rows=len(scores),
        wer=mean(score.wer for score in scores),
        cer=mean(score.cer for score in scores),
        ker=mean(score.ker for score in scores),
        ser=mean(score.ser for score in scores),
        wer_corpus=words.value,
        cer_corpus=characters.value,
    )


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
