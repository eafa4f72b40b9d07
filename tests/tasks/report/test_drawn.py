"""A chart is drawn where there is something to draw; else a sentence is in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tasks.domain.decoding import GREEDY
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.split import Side, Split
from tasks.domain.verdict.arms import Arm, Arms
from tasks.domain.verdict.comparison import score_pair
from tasks.domain.verdict.decide import Decision, decide
from tasks.records.ledger_line import DecisionLine
from tasks.records.record import ModelRecord
from tasks.report.drawn import (
    arm_chart,
    breakdown_charts,
    category_chart,
    guard_chart,
    scope_chart,
    training_chart,
    trend_chart,
)
from tasks.workspace.comparison import ComparedRows

Compare = Callable[..., ComparedRows]
MODEL = ModelRecord(name="base", path="", sha256=None)
SCORING = "canonical 1"


@pytest.fixture
def compare(row: Callable[..., ClinicalRow]) -> Compare:
    """Rows of as many terms, of which the comparison model misses all and the candidate none."""

    def make(count: int, **fields: str) -> ComparedRows:
        rows = [
            row(audio_filepath=f"{n}.wav", term=f"term{n}", text=f"start term{n}", **fields)
            for n in range(count)
        ]
        texts, terms = [r.text for r in rows], [r.term for r in rows]
        return ComparedRows(rows, score_pair(texts, terms, [""] * count, texts))

    return make


def sides(count: int, test: int) -> dict[str, Side]:
    return {f"{n}.wav": "test" if n < test else "validation" for n in range(count)}


def line_of(decision: Decision, cycle: int, scoring: str = SCORING) -> DecisionLine:
    return DecisionLine(
        cycle=cycle, outcome=decision.verdict, rule="held_out", open_guards=(), reasons=(), run="r",
        manifest_sha256=None, policy_sha256="", inputs_sha256="", priority_ker=None,
        priority=decision.priority, base=MODEL, candidate=MODEL, finished_at="", scoring=scoring,
    )  # fmt: skip


def arm(name: str, ker: float | None) -> Arm:
    return Arm(name, None, GREEDY, 4, ker, ker, 0, 0, None)


def test_rows_that_decide_are_drawn_whole_and_by_category(compare: Compare) -> None:
    svg = category_chart(compare(3)).svg
    assert svg is not None
    assert "all (3): 1.000 before, 0.000" in svg
    assert "drug (3): 1.000 before, 0.000" in svg


def test_without_a_row_that_decides_a_sentence_takes_its_place(compare: Compare) -> None:
    chart = category_chart(compare(0))
    assert chart.svg is None
    assert chart.caption == "No row decides, so there is nothing to compare."


def test_sides_without_rows_are_left_out(compare: Compare) -> None:
    svg = scope_chart(compare(3), sides(3, test=1)).svg
    assert svg is not None
    assert "test (1)" in svg
    assert "validation (2)" in svg
    assert "train" not in svg


def test_rows_are_broken_down_by_noise_voice_and_pronunciation(compare: Compare) -> None:
    charts = breakdown_charts(compare(3, noise_level="snr_5db", voice_id="en-us"))
    assert [chart.title.rpartition("by ")[2] for chart in charts] == [
        "noise level", "voice", "pronunciation",
    ]  # fmt: skip
    for chart, label in zip(charts, ("snr_5db (3)", "en-us (3)", "override (3)"), strict=True):
        assert label in str(chart.svg)


def test_many_groups_are_cut_and_the_caption_counts_them(compare: Compare) -> None:
    compared = compare(20)
    rows = [row.model_copy(update={"voice_id": f"v{n}"}) for n, row in enumerate(compared.rows)]
    assert (
        breakdown_charts(replace(compared, rows=rows))[1].caption == "The 12 with most rows of 20."
    )


def test_systems_are_drawn_on_the_priority_rows_they_were_compared_on(compare: Compare) -> None:
    arms = Arms([arm("base", 0.5), arm("other", None)], "validation rows", [])
    chart = arm_chart(arms, compare(6), sides(6, test=2), priority={0, 1, 2, 3, 4})
    assert chart.caption.startswith("On 3 rows of 3 terms.")
    assert "base: 0.500" in str(chart.svg)
    assert "other" not in str(chart.svg)


@pytest.mark.parametrize("arms", [[], [arm("base", None)]])
def test_without_a_system_to_compare_a_sentence_takes_its_place(
    compare: Compare, arms: list[Arm]
) -> None:
    chart = arm_chart(Arms(arms, "validation rows", []), compare(2), sides(2, test=0), priority={0})
    assert chart.svg is None
    assert "No system was compared" in chart.caption


def test_the_published_rule_has_no_guard_to_draw() -> None:
    assert guard_chart(()).svg is None


def test_a_training_without_figures_is_reported_to_have_left_none() -> None:
    assert training_chart([{"epoch": 1.0}]).svg is None
    assert training_chart([{"val_wer": 0.5}]).svg is not None


def test_a_trend_takes_two_decided_cycles(compare: Compare) -> None:
    compared = compare(3)
    decision = decide(compared.rows, Split((), (0, 1, 2)), compared.pair, None, Policy())
    assert trend_chart(decision, 2, [], SCORING).svg is None
    chart = trend_chart(decision, 2, [line_of(decision, 1), line_of(decision, 3)], SCORING)
    assert "cycle 1, grow (3): 1.000 before, 0.000" in str(chart.svg)
    assert "cycle 2, grow (3): 1.000 before, 0.000" in str(chart.svg)
    assert "cycle 3" not in str(chart.svg)


def test_cycles_that_were_scored_otherwise_are_in_no_trend(compare: Compare) -> None:
    compared = compare(3)
    decision = decide(compared.rows, Split((), (0, 1, 2)), compared.pair, None, Policy())
    assert trend_chart(decision, 2, [line_of(decision, 1, "published 1")], SCORING).svg is None
