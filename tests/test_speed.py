"""What has to be fast, measured in seconds of one core."""

import random
import time

from tasks.domain.metrics import score_rows

WORDS = [
    "the",
    "heart",
    "rate",
    "of",
    "this",
    "patient",
    "is",
    "high",
    "give",
    "five",
    "milligrams",
    "metoprolol",
    "now",
]


def test_a_hundred_thousand_rows_score_in_twenty_seconds() -> None:
    rng = random.Random(7)
    references = [" ".join(rng.choices(WORDS, k=7)) for _ in range(100_000)]
    hypotheses = [
        " ".join(rng.choice(WORDS) if rng.random() < 0.2 else word for word in text.split())
        for text in references
    ]
    began = time.process_time()
    scores = score_rows(references, hypotheses, ["metoprolol"] * len(references))
    assert time.process_time() - began < 20
    assert len(scores) == 100_000
