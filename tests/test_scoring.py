"""Scoring against jiwer: apart from the pure tests because it takes seconds."""

import random

import jiwer
import pytest

from tasks.domain.scoring.metrics import score_rows, summarize
from tasks.domain.scoring.normalize import normalize

WORDS = [
    "the",
    "heart",
    "rate",
    "of",
    "this",
    "patient",
    "is",
    "high",
    "Give",
    "5",
    "mg",
    "metoprolol,",
    "now.",
    "café",
    "beta-blocker",
]


def generated_pairs(count: int) -> tuple[list[str], list[str]]:
    rng = random.Random(7)
    references, hypotheses = [], []
    for _ in range(count):
        words = rng.choices(WORDS, k=rng.randint(1, 9))
        heard = [rng.choice(WORDS) if rng.random() < 0.2 else word for word in words]
        if rng.random() < 0.3:
            heard.insert(rng.randint(0, len(heard)), rng.choice(WORDS))
        if rng.random() < 0.3:
            del heard[rng.randint(0, len(heard) - 1)]
        references.append(" ".join(words))
        hypotheses.append(" ".join(heard))
    return references, hypotheses


def test_wer_and_cer_equal_jiwers_on_ten_thousand_pairs() -> None:
    references, hypotheses = generated_pairs(10_000)
    scores = score_rows(references, hypotheses, [None] * len(references))
    said = [normalize(text) for text in references]
    heard = [normalize(text) for text in hypotheses]
    assert [score.wer for score in scores] == [
        jiwer.wer(r, h) for r, h in zip(said, heard, strict=True)
    ]
    assert [score.cer for score in scores] == [
        jiwer.cer(r, h) for r, h in zip(said, heard, strict=True)
    ]
    summary = summarize(scores)
    assert summary.wer_corpus == pytest.approx(jiwer.wer(said, heard))
    assert summary.cer_corpus == pytest.approx(jiwer.cer(said, heard))
