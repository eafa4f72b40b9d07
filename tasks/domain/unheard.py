"""Whether a system can transcribe this speech at all: its WER on the words beside the terms.

A system that mishears drug names gets the sentence around them right. One that gets the sentence wrong
too does not know these voices, this language or this format, and no fine-tune on a few terms changes that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import jiwer

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import View, words_of
from tasks.domain.scoring.finding import forms_of, place_of
from tasks.domain.scoring.metrics import Rate, summarize, total
from tasks.domain.verdict.comparison import ScoredHypotheses

SHOWN_VOICES = 6


def rates_beside_terms(
    rows: Sequence[ClinicalRow], hypotheses: Sequence[str], view: View = "canonical"
) -> list[Rate]:
    """Count the word errors of each row outside its term, by jiwer's alignment.

    Words inserted next to a missed term count as a part of what was transcribed in its place. Where
    the place of the term is not found, every word counts.
    """
    return both_beside_terms(rows, [hypotheses], view)[0]


def both_beside_terms(
    rows: Sequence[ClinicalRow], systems: Sequence[Sequence[str]], view: View = "canonical"
) -> list[list[Rate]]:
    """Count the same for several systems; the texts of each run beside the rows."""
    expected = words_of([row.text for row in rows], view)
    places = []
    for row, text in zip(rows, expected, strict=True):
        words = text.split()
        place = place_of(forms_of(row.term, row.accepted, view), words)
        places.append((*(place or (len(words) + 1, len(words) + 1)), len(words)))
    found = []
    for texts in systems:
        predicted = list(expected)
        other = [
            n for n, (row, text) in enumerate(zip(rows, texts, strict=True)) if text != row.text
        ]
        for n, text in zip(other, words_of([texts[n] for n in other], view), strict=True):
            predicted[n] = text
        found.append(_beside(expected, predicted, places))
    return found


def _beside(
    expected: Sequence[str], predicted: Sequence[str], places: Sequence[tuple[int, int, int]]
) -> list[Rate]:
    """Count errors outside the places, each a term's beginning and end and the words of its row."""
    rates = [Rate(0, words - (end - start)) for start, end, words in places]
    wrong = [n for n, text in enumerate(expected) if text and text != predicted[n]]
    if not wrong:
        return rates
    aligned = jiwer.process_words([expected[n] for n in wrong], [predicted[n] for n in wrong])
    for n, chunks in zip(wrong, aligned.alignments, strict=True):
        changed = [
            place
            for chunk in chunks
            if chunk.type in ("substitute", "delete")
            for place in range(chunk.ref_start_idx, chunk.ref_end_idx)
        ]
        start, end, _ = places[n]
        outside = [place for place in changed if not start <= place < end]
        intact = len(outside) == len(changed)
        inserted = sum(
            chunk.hyp_end_idx - chunk.hyp_start_idx
            for chunk in chunks
            if chunk.type == "insert" and (intact or not start <= chunk.ref_start_idx <= end)
        )
        rates[n] = Rate(len(outside) + inserted, rates[n].total)
    return rates


def unheard_speech(
    rows: Sequence[ClinicalRow],
    hypotheses: ScoredHypotheses,
    general: ScoredHypotheses | None,
    limit: float,
) -> str:
    """Return a sentence where the system cannot transcribe this speech at all, else nothing.

    `hypotheses` run in row order; `general` are those of general clips, None where they were not
    decoded. The alignment is only looked at where the plain WER is above the limit.
    """
    general_wer = summarize(general.scores).wer_corpus if general else None
    spoken = summarize(hypotheses.scores).wer_corpus
    beside: list[Rate] = []
    if spoken is not None and spoken > limit:
        beside = rates_beside_terms(rows, hypotheses.texts, hypotheses.view)
    wer = total(beside).value
    found = []
    if wer is not None and wer > limit:
        found.append(f"WER outside the terms is {wer:.2f} ({_by_voice(rows, beside)})")
    if general_wer is not None and general_wer > limit:
        found.append(f"general WER is {general_wer:.2f}")
    if not found:
        return ""
    return (
        f"The model cannot transcribe this speech: {' and '.join(found)}, above the limit of "
        f"{limit}. More than the terms is wrong, and a fine-tune on terms does not correct the rest."
    )


def _by_voice(rows: Sequence[ClinicalRow], rates: Sequence[Rate]) -> str:
    """Return the WER of each voice, worst first."""
    voices: dict[str, list[Rate]] = defaultdict(list)
    for row, rate in zip(rows, rates, strict=True):
        voices[row.voice_id].append(rate)
    measured = {
        voice: value for voice, of in voices.items() if (value := total(of).value) is not None
    }
    ordered = sorted(measured.items(), key=lambda one: (-one[1], one[0]))
    named = [f"{voice} {wer:.2f}" for voice, wer in ordered[:SHOWN_VOICES]]
    more = len(ordered) - len(named)
    return "by voice: " + ", ".join(named) + (f" and {more} more" if more else "")
