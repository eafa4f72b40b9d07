"""Whether a clip says its sentence, by what a base heard of it with the term masked.

The term itself does not count: a benchmark is made of the terms that a base does not know.
"""

from __future__ import annotations

import jiwer

from tasks.domain.scoring.normalize import normalize

MAX_MISSED = 0.5  # of the words beside the term
MASK = "<term>"


def carrier_missed(text: str, term: str, hypothesis: str) -> float | None:
    """Give the share of words beside the term that were not heard in their place.

    None where the sentence has no other word.

    >>> carrier_missed("start timolol at noon today", "timolol", "start tim a lol at noon to day")
    0.25
    """
    padded = f" {normalize(text)} ".replace(f" {normalize(term)} ", f" {MASK} ")
    words, heard = padded.split(), normalize(hypothesis).split()
    carriers = sum(word != MASK for word in words)
    if not carriers:
        return None
    if not heard:
        return 1.0
    aligned = jiwer.process_words(" ".join(words), " ".join(heard)).alignments[0]
    equal = sum(
        chunk.ref_end_idx - chunk.ref_start_idx for chunk in aligned if chunk.type == "equal"
    )
    return 1 - equal / carriers


def listening_fault(text: str, term: str, hypothesis: str) -> str | None:
    """Say what is wrong with a clip of which too much was not heard; None where it is fit."""
    missed = carrier_missed(text, term, hypothesis)
    if missed is None or missed <= MAX_MISSED:
        return None
    return f"expected the words beside the term to be heard; {missed:.0%} of them were not"
