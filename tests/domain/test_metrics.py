"""Rates of a row and of many, against jiwer and against the definition."""

import random

import jiwer
import pytest

from tasks.domain.metrics import mean, score_rows, summarise, term_missed
from tasks.domain.normalize import normalize

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
    summary = summarise(scores)
    assert summary.wer_corpus == pytest.approx(jiwer.wer(said, heard))
    assert summary.cer_corpus == pytest.approx(jiwer.cer(said, heard))


@pytest.mark.parametrize(
    ("term", "hypothesis", "missed"),
    [
        ("cefazolin", "give cefazolin now", False),
        ("cefazolin", "give cefa zolin now", True),
        ("cefazolin", "give cefazolins now", True),
        ("Cefazolin", "CEFAZOLIN.", False),
        ("mitral valve", "the mitral valve leaks", False),
        ("mitral valve", "the valve is mitral", True),
        ("mitral valve", "the mitral, valve", False),
        ("mitral valve", "mitral the valve", True),
        ("beta-blocker", "a beta blocker", True),
        ("beta-blocker", "a beta-blocker", False),
        ("caf\u00e9", "cafe\u0301", False),
        ("aspirin", "", True),
    ],
)
def test_a_term_is_heard_only_whole_adjacent_and_in_order(
    term: str, hypothesis: str, missed: bool
) -> None:
    assert term_missed(term, hypothesis) is missed


def test_an_empty_hypothesis_misses_everything() -> None:
    (score,) = score_rows(["start metoprolol"], [""], ["metoprolol"])
    assert (score.wer, score.cer, score.ker, score.ser) == (1.0, 1.0, 1, 1)


def test_a_rate_without_reference_words_is_undefined_not_zero() -> None:
    (score,) = score_rows(["?!"], ["something"], [None])
    assert (score.wer, score.cer, score.ker, score.ser) == (None, None, None, 1)
    assert summarise([score]).wer is None
    assert summarise([]).ker is None
    assert mean([]) is None


def test_the_summary_averages_rows_and_sums_counts_beside() -> None:
    scores = score_rows(["a b c d", "a"], ["a b c d", "b"], [None, None])
    summary = summarise(scores)
    assert summary.wer == 0.5
    assert summary.wer_corpus == 0.2
