"""Scoring against the published way, as ratios of processor time, which other work does not change."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from benchmarks.scale import Benchmark, made_up, published_scores
from tasks.domain.scoring.metrics import score_rows
from tasks.domain.scoring.normalize import normalize

FEW, MANY, SOME = 10_000, 100_000, 500


@pytest.fixture(scope="module")
def made() -> Benchmark:
    return made_up(MANY)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Give the least processor time of several runs, each with nothing normalized before."""
    found = []
    for _ in range(times):
        normalize.cache_clear()
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def asked(made: Benchmark, count: int) -> tuple[list[str], list[str], list[str]]:
    """Give references, hypotheses and terms of the first rows."""
    rows = made.rows[:count]
    return [row.text for row in rows], made.before[:count], [row.term for row in rows]


def test_scoring_gives_the_published_figures_fifty_times_as_fast(made: Benchmark) -> None:
    some = asked(made, SOME)
    scores = [(one.wer, one.cer, one.ker, one.ser) for one in score_rows(*some)]
    assert scores == published_scores(*some)
    published = seconds(lambda: published_scores(*some)) / SOME
    for count in (FEW, MANY):
        given = asked(made, count)
        assert published >= 50 * seconds(lambda given=given: score_rows(*given)) / count


def test_a_row_takes_no_longer_among_ten_times_as_many(made: Benchmark) -> None:
    few, many = asked(made, FEW), asked(made, MANY)
    each = seconds(lambda: score_rows(*few)) / FEW
    assert seconds(lambda: score_rows(*many)) / MANY <= 1.5 * each, "half again is noise"
