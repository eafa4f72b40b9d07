"""Confusions: what a missed term was heard as, and whether that is another term of the benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.keywords import Keywords


@dataclass(frozen=True)
class Confusion:
    """What a missed term was heard as, on how many rows; `look_alike`: another benchmark term."""

    term: str
    heard_as: str
    rows: int
    look_alike: bool


def confusions(
    rows: Sequence[ClinicalRow], hypotheses: ScoredHypotheses, terms: Sequence[str]
) -> list[Confusion]:
    """What each missed term was heard as, by the word alignment; most frequent first."""
    known = Keywords.of(terms)
    missed = [
        (normalize(row.term), normalize(row.text), normalize(text))
        for row, text, score in zip(rows, hypotheses.texts, hypotheses.scores, strict=True)
        if score.ker
    ]
    if not missed:
        return []
    aligned = jiwer.process_words([one[1] for one in missed], [one[2] for one in missed])
    counted = Counter(
        (term, heard_as(term, reference, hypothesis, chunks))
        for (term, reference, hypothesis), chunks in zip(missed, aligned.alignments, strict=True)
    )
    return [
        Confusion(term, instead, count, _look_alike(term, instead, known))
        for (term, instead), count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def _look_alike(term: str, instead: str, known: Keywords) -> bool:
    return any(other not in term for other in known.found_in(instead))


def heard_as(
    term: str, reference: str, hypothesis: str, chunks: Sequence[jiwer.AlignmentChunk]
) -> str:
    """The words heard where the term stands in the reference; empty when it was left out.

    The texts are normalized, `chunks` is jiwer's word alignment of the two.
    """
    words, term_words, predicted = reference.split(), term.split(), hypothesis.split()
    length = len(term_words)
    start = next(n for n in range(len(words)) if words[n : n + length] == term_words)
    end = start + length
    taken: set[int] = set()
    beside: set[int] = set()  # a word next to the term that was changed: it may have swallowed it
    for chunk in chunks:
        if chunk.type == "insert":
            if start <= chunk.ref_start_idx <= end:  # beside the term: a part of it, split off
                taken |= set(range(chunk.hyp_start_idx, chunk.hyp_end_idx))
        elif chunk.type != "delete":
            for n in range(chunk.ref_end_idx - chunk.ref_start_idx):
                if start <= chunk.ref_start_idx + n < end:
                    taken.add(chunk.hyp_start_idx + n)
                elif chunk.type == "substitute" and chunk.ref_start_idx + n in (start - 1, end):
                    beside.add(chunk.hyp_start_idx + n)
    return " ".join(predicted[n] for n in sorted(taken or beside))
