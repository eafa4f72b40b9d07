"""The rule of the verdict and its reasons."""

from __future__ import annotations

import pytest

from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.decide import decide
from tests.tasks.domain.verdict.judged import HELD, Decide, Maker, benchmark

KEEP_OPEN = Policy.model_validate({"decide": {"open_guard": "keep"}})
PUBLISHED = Policy.model_validate({"split": {"group_by": "row"}, "decide": {"rule": "published"}})


def test_a_fifth_less_is_kept_when_it_is_significant_and_every_guard_holds(
    verdict_of: Decide,
) -> None:
    decision = verdict_of([1] * 40, [1] * 32 + [0] * 8)
    assert decision.verdict == "keep"
    assert decision.reasons[0] == (
        "Test priority KER 1.000 → 0.800 on 40 rows of 40 terms: down 20.0%, with 95 % confidence "
        "at least 7% (p = 0.002 over terms, p = 0.008 over 6 voices; tested at 0.025): at least 20% and "
        "significant."
    )
    assert decision.priority.relative_drop == pytest.approx(0.2)
    assert decision.priority.p_value == pytest.approx(1 / 512)  # mid-p: half of 1 / 256
    assert {guard.state for guard in decision.guards} == {"held"}


def test_a_drop_that_may_be_chance_grows(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 40, [1] * 36 + [0] * 4, policy=kept_at(0.1))
    assert decision.verdict == "grow"
    assert decision.priority.p_value == pytest.approx(1 / 32)
    assert "at least 10%, but it may be chance: too few terms or voices." in decision.reasons[0]


def kept_at(drop: float) -> Policy:
    return Policy.model_validate({"decide": {"keep_drop": drop}})


def test_each_look_at_the_same_rows_is_tested_at_half_the_level(verdict_of: Decide) -> None:
    judged = [
        verdict_of([1] * 60, [1] * 54 + [0] * 6, policy=kept_at(0.1), look=look) for look in (1, 3)
    ]
    assert [one.priority.alpha for one in judged] == [0.025, 0.00625]
    assert [one.verdict for one in judged] == ["keep", "grow"]
    assert "tested at 0.0063, look 3 at these rows" in judged[1].reasons[0]
    assert "fresh rows would be tested at 0.025" in judged[1].reasons[0]


def test_less_than_a_fifth_grows_even_when_it_is_real(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 100, [1] * 90 + [0] * 10)
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("significant, but less than 20%.")


def test_no_change_grows(verdict_of: Decide) -> None:
    decision = verdict_of([1, 0], [1, 0])
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("it may be chance, and is less than 20%.")


def test_a_rise_that_may_be_chance_is_no_reason_to_reject(verdict_of: Decide) -> None:
    decision = verdict_of([1, 0, 0], [1, 1, 0])
    assert decision.verdict == "grow"
    assert decision.reasons[0].startswith(
        "Test priority KER 0.333 → 0.667 on 3 rows of 3 terms: up 100.0%"
    )


def test_a_rise_that_is_significant_is_rejected(verdict_of: Decide) -> None:
    decision = verdict_of([0] * 6, [1] * 5 + [0])
    assert decision.verdict == "reject"
    assert "Priority category drug got worse (p = 0.031, Holm)." in decision.reasons


def test_a_priority_category_that_got_worse_rejects_what_got_better_in_all(row: Maker) -> None:
    missed = [[1] * 30 + [0] * 8, [0] * 30 + [1] * 8]
    rows, both = benchmark(row, missed)
    rows = [*rows[:30], *(r.model_copy(update={"entity_category": "lab"}) for r in rows[30:])]
    policy = Policy(priority_categories=("drug", "lab"))
    decision = decide(rows, Split((), tuple(range(38))), both, HELD, policy)
    assert decision.priority.relative_drop == pytest.approx(22 / 30)
    assert decision.verdict == "reject"
    assert "Priority category lab got worse (p = 0.008, Holm)." in decision.reasons


@pytest.mark.parametrize(("worse", "verdict"), [(3, "keep"), (14, "grow")])
def test_a_gain_that_one_engine_does_not_show_is_not_kept(
    row: Maker, worse: int, verdict: str
) -> None:
    """Sixty rows in six voices of one engine are all fixed; of forty of another, some or none."""
    after = [0] * 60 + [0] * (40 - worse) + [1] * worse
    rows, both = benchmark(row, [[1] * 60 + [0] * 25 + [1] * 15, after])
    rows = [
        r.model_copy(update={"voice_id": f"{'one' if n < 60 else 'two'}:{r.voice_id}"})
        for n, r in enumerate(rows)
    ]
    decision = decide(rows, Split((), tuple(range(100))), both, HELD, Policy())
    assert decision.verdict == verdict
    least = decision.priority.engines[0]
    assert (least.engine, least.rows) == ("two", 40)
    shown = {
        "keep": "least with engine two: down 80.0%",
        "grow": "the 40 rows of engine two show no drop",
    }
    assert shown[verdict] in decision.reasons[0]


def test_two_voices_that_both_improve_are_kept_and_voices_that_differ_are_not(row: Maker) -> None:
    alike, apart = [1] * 5 + [0] * 55, [n % 2 for n in range(60)]
    kept = []
    for after in (alike, apart):
        rows, both = benchmark(row, [[1] * 60, after])
        rows = [r.model_copy(update={"voice_id": f"v{n % 2}"}) for n, r in enumerate(rows)]
        decision = decide(rows, Split((), tuple(range(60))), both, HELD, Policy())
        assert decision.priority.p_value is not None
        assert decision.priority.p_value < 0.001
        kept.append(decision.verdict)
    assert kept == ["keep", "grow"]


def test_a_good_candidate_is_not_kept_while_a_guard_is_open(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 40, [0] * 40, None)
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("significant, but harm is not disproved.")
    assert "General speech was not measured" in decision.reasons[1]


def test_the_policy_may_keep_it_and_every_output_is_reported(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 40, [0] * 40, None, policy=KEEP_OPEN)
    assert decision.verdict == "keep"
    assert decision.reasons[1] == "Kept while 1 guards prove nothing, as open_guard: keep asks."


def test_nothing_to_improve_grows(verdict_of: Decide) -> None:
    decision = verdict_of([0] * 5, [0] * 5)
    assert decision.verdict == "grow"
    assert decision.priority.relative_drop is None
    assert decision.priority.ci95 is None
    assert "make the benchmark harder" in decision.reasons[0]


def test_test_rows_without_a_priority_category_decide_nothing(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 5, [0] * 5, category="lab")
    assert decision.verdict == "grow"
    assert decision.priority.ker_comparison is None
    assert decision.priority.p_value is None
    assert decision.reasons[0] == "No test row is of a priority category."


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [([1] * 5, [1] * 5, "keep"), ([1] * 200, [1] * 200, "grow"), ([0] * 40, [1] * 40, "reject")],
)
def test_the_published_rule_counts_trained_rows_and_reports_it(
    verdict_of: Decide, before: list[int], after: list[int], verdict: str
) -> None:
    """21 trained rows turned perfect: of 26 rows that is a drop of 81 %, of 221 one of 10 %."""
    decision = verdict_of(before, after, None, policy=PUBLISHED)
    assert decision.verdict == verdict
    assert decision.rule == "published"
    assert decision.guards == ()
    assert decision.reasons[0].startswith(
        "By the published rule, which counts trained rows and has"
    )
    assert f"only {len(before)} rows of the benchmark were held out" in decision.reasons[0]
