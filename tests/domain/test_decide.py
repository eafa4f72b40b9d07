"""The rule of the verdict, its reasons and its scopes."""

from collections.abc import Callable, Sequence

import pytest

from tasks.domain.decide import Decision, GeneralSpeech, decide
from tasks.domain.leaderboard import decision_markdown
from tasks.domain.manifest import ClinicalRow
from tasks.domain.metrics import RowScore
from tasks.domain.policy import Policy
from tasks.domain.split import Split

HELD = GeneralSpeech(300, 0.100, 0.105)
Maker = Callable[..., ClinicalRow]
Scorer = Callable[[int], RowScore]


@pytest.fixture
def verdict_of(row: Maker, score: Scorer) -> Callable[..., Decision]:
    """Decide on 20 trained rows that turned perfect and validation rows as given."""

    def decided(
        before: Sequence[int],
        after: Sequence[int],
        general: GeneralSpeech | None = HELD,
        category: str = "drug",
    ) -> Decision:
        rows = [row()] * 20 + [row(entity_category=category)] * len(before)
        split = Split(tuple(range(20)), tuple(range(20, len(rows))), ())
        base = [score(1)] * 20 + [score(missed) for missed in before]
        candidate = [score(0)] * 20 + [score(missed) for missed in after]
        return decide(rows, split, base, candidate, general, Policy())

    return decided


def test_a_fifth_less_is_kept(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1] * 10, [1] * 8 + [0] * 2)
    assert decision.verdict == "keep"
    assert decision.reasons == (
        "Held-out priority KER 1.000 → 0.800 on 10 rows: down 20.0%, at least 20%.",
        "Guard general_wer held: 0.100 → 0.105, limit 0.110.",
    )
    assert decision.priority.relative_drop == pytest.approx(0.2)


def test_less_than_a_fifth_grows(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1] * 10, [1] * 9 + [0])
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("down 10.0%, less than 20%.")


def test_no_change_grows(verdict_of: Callable[..., Decision]) -> None:
    assert verdict_of([1, 0], [1, 0]).verdict == "grow"


def test_worse_is_rejected(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1, 0, 0], [1, 1, 0])
    assert decision.verdict == "reject"
    assert decision.reasons[0] == "Held-out priority KER 0.333 → 0.667 on 3 rows: worse."


def test_a_broken_guard_rejects_the_best_candidate(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1] * 10, [0] * 10, GeneralSpeech(300, 0.100, 0.111))
    assert decision.verdict == "reject"
    assert "Guard general_wer broke: 0.100 → 0.111, limit 0.110." in decision.reasons


def test_unmeasured_general_speech_is_said(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1] * 10, [0] * 10, None)
    assert decision.verdict == "keep"
    assert "General speech was not measured" in decision.reasons[-1]


def test_nothing_to_improve_grows(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([0] * 5, [0] * 5)
    assert decision.verdict == "grow"
    assert decision.priority.relative_drop is None


def test_held_out_rows_without_a_priority_category_decide_nothing(
    verdict_of: Callable[..., Decision],
) -> None:
    decision = verdict_of([1] * 5, [0] * 5, category="lab")
    assert decision.verdict == "grow"
    assert decision.priority.ker_base is None
    assert decision.reasons[0] == "No held-out row is of a priority category."


def test_trained_rows_stand_beside_and_never_decide(verdict_of: Callable[..., Decision]) -> None:
    decision = verdict_of([1] * 5, [1] * 5)
    assert decision.scopes["train"].candidate.ker == 0.0
    assert decision.scopes["validation"].candidate.ker == 1.0
    assert decision.scopes["all"].candidate.ker == pytest.approx(0.2)
    assert decision.verdict == "grow"


def test_the_decision_is_told_in_markdown(verdict_of: Callable[..., Decision]) -> None:
    text = decision_markdown(3, verdict_of([1] * 10, [0] * 10))
    assert text.startswith("# Cycle 3: keep\n")
    assert "| validation | 10   | 1.000      | 0.000     |" in text
    assert "| general_wer | 0.100      | 0.105     | 0.110 | held |" in text
