"""Confusions: what a missed term was transcribed as, and whether that is another term of the benchmark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import jiwer

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import words_of
from tasks.domain.scoring.finding import forms_of, place_of
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import ScoredHypotheses
from tasks.domain.verdict.keywords import known_terms


@dataclass(frozen=True)
class Confusion:
    """A missed term, its transcription, and the number of rows; `look_alike`: another benchmark term."""

    term: str
    heard_as: str
    rows: int
    look_alike: bool


def confusions(
    rows: Sequence[ClinicalRow],
    hypotheses: ScoredHypotheses,
    benchmark: Sequence[ClinicalRow],
) -> list[Confusion]:
    """Return the transcription of each missed term, by the word alignment; most frequent first.

    `hypotheses` run beside `rows`; a look-alike is another term of the whole `benchmark`.
    """
    known, view = known_terms(benchmark, hypotheses.view), hypotheses.view
    missed = [position for position, one in enumerate(hypotheses.missed) if one]
    if not missed:
        return []
    references = words_of([rows[position].text for position in missed], view)
    transcripts = words_of([hypotheses.texts[position] for position in missed], view)
    aligned = jiwer.process_words(references, transcripts)
    counted: Counter[tuple[str, str]] = Counter()
    look_alikes: set[tuple[str, str]] = set()
    for position, reference, hypothesis, chunks in zip(
        missed, references, transcripts, aligned.alignments, strict=True
    ):
        row = rows[position]
        place = place_of(forms_of(row.term, row.accepted, view), reference.split())
        pair = normalize(row.term), transcribed_as(place, hypothesis, chunks) if place else ""
        counted[pair] += 1
        if known.found_in(pair[1]) - known.found_in(row.term):
            look_alikes.add(pair)
    return [
        Confusion(term, instead, count, (term, instead) in look_alikes)
        for (term, instead), count in sorted(counted.items(), key=lambda one: (-one[1], one[0]))
    ]


def transcribed_as(
    place: tuple[int, int], hypothesis: str, chunks: Sequence[jiwer.AlignmentChunk]
) -> str:
    """Return the words in the place of the term; empty when it was left out.

    `place` is where the term begins and ends among the words of the reference, `chunks` jiwer's
    word alignment of reference and hypothesis, both in one view.
    """
    (start, end), predicted = place, hypothesis.split()
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
