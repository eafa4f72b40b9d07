"""Benchmarks and general speech with the transcripts of both models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import GuardSet, Pair, guard_set, score_pair
from tasks.domain.verdict.decide import Decision

Maker = Callable[..., ClinicalRow]
Decide = Callable[..., Decision]
SENTENCE = "the book was on the old table near the window"


def general(wrong_before: int, wrong_after: int, clips: int = 500) -> GuardSet:
    """Guard clips of ten words, of which so many have one word wrong."""

    def transcripts(wrong: int) -> list[str]:
        return ["a" + SENTENCE[3:]] * wrong + [SENTENCE] * (clips - wrong)

    both = transcripts(wrong_before), transcripts(wrong_after)
    return guard_set(score_pair([SENTENCE] * clips, [None] * clips, *both), [None] * clips)


HELD = general(200, 200)


def benchmark(row: Maker, missed: Sequence[Sequence[int]], **changes: str) -> tuple[list, Pair]:
    """Rows of a term each in six voices, with what both models missed of them."""
    rows = [
        row(
            **{
                "term": f"drug{n}",
                "text": f"please give drug{n} to her every day",
                "voice_id": f"v{n % 6}",
            }
            | changes
        )
        for n in range(len(missed[0]))
    ]
    texts = [
        [
            r.text.replace(r.term, "it") if miss else r.text
            for r, miss in zip(rows, side, strict=True)
        ]
        for side in missed
    ]
    return rows, score_pair([r.text for r in rows], [r.term for r in rows], *texts)
