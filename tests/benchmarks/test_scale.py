"""Scoring against the published way, by the work that each does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.scale import Benchmark, made_up, published_scores
from tasks.domain.scoring.canonical import View
from tasks.domain.scoring.metrics import score_rows
from tests.steps import IN_PROPORTION, growth, steps

FEW, MANY, SOME = 2_000, 20_000, 500
VIEWS: tuple[View, ...] = ("published", "canonical")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> Benchmark:
    return made_up(MANY)


def asked(made: Benchmark, count: int) -> tuple[list[str], list[str], list[str]]:
    """Return references, hypotheses and terms of the first rows."""
    rows = made.rows[:count]
    return [row.text for row in rows], made.before[:count], [row.term for row in rows]


def test_scoring_gives_the_published_figures_with_a_fiftieth_of_the_steps(made: Benchmark) -> None:
    some = asked(made, SOME)
    scores = [(one.wer, one.cer, one.ker, one.ser) for one in score_rows(*some)]
    assert scores == published_scores(*some)
    few = asked(made, SOME // 10)
    assert steps(lambda: published_scores(*few)) >= 50 * steps(lambda: score_rows(*few))


def test_both_views_take_a_fortieth_of_the_published_steps(made: Benchmark) -> None:
    rows = asked(made, SOME)
    score_rows(
        *rows, view="canonical"
    )  # its words are remembered, as those of a large benchmark are
    ours = sum(steps(lambda view=view: score_rows(*rows, view=view)) for view in VIEWS)
    assert steps(lambda: published_scores(*rows)) >= 40 * ours


@pytest.mark.parametrize("view", VIEWS)
def test_a_row_takes_no_longer_among_ten_times_as_many(made: Benchmark, view: View) -> None:
    def prepare(count: int) -> Callable[[], object]:
        rows = asked(made, count)
        return lambda: score_rows(*rows, view=view)

    assert growth(prepare, FEW) < IN_PROPORTION
