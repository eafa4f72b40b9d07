"""The rule of the verdict, its reasons and its scopes."""

from collections.abc import Callable, Sequence

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.audits import audit
from tasks.domain.verdict.comparison import Pair, ScoredHypotheses, score_pair
from tasks.domain.verdict.decide import Decision, decide
from tasks.domain.verdict.summary import decision_markdown

Maker = Callable[..., ClinicalRow]
Decide = Callable[..., Decision]
SENTENCE = "the book was on the old table near the window"


def general(wrong_before: int, wrong_after: int, clips: int = 300) -> Pair:
    """Guard clips of ten words, of which so many have one word wrong."""

    def heard(wrong: int) -> list[str]:
        return ["a" + SENTENCE[3:]] * wrong + [SENTENCE] * (clips - wrong)

    return score_pair([SENTENCE] * clips, [None] * clips, heard(wrong_before), heard(wrong_after))


HELD = general(100, 105)


def benchmark(row: Maker, missed: Sequence[Sequence[int]], **changes: str) -> tuple[list, Pair]:
    """Rows of a term each, with what both models missed of them."""
    rows = [
        row(term=f"drug{n}", text=f"give drug{n} now", **changes) for n in range(len(missed[0]))
    ]
    texts = [
        [
            r.text.replace(r.term, "it") if miss else r.text
            for r, miss in zip(rows, side, strict=True)
        ]
        for side in missed
    ]
    return rows, score_pair([r.text for r in rows], [r.term for r in rows], *texts)


@pytest.fixture
def verdict_of(row: Maker) -> Decide:
    """Decide on 20 trained rows that turned perfect and validation rows as given."""

    def decided(
        before: Sequence[int],
        after: Sequence[int],
        general: Pair | None = HELD,
        category: str = "drug",
        policy: Policy = Policy(),  # noqa: B008 (frozen)
        folds: Sequence[int] | None = None,
    ) -> Decision:
        missed = [[1] * 20 + list(before), [0] * 20 + list(after)]
        rows, both = benchmark(row, missed, entity_category=category)
        split = Split(tuple(range(20)), tuple(range(20, len(rows))), ())
        judged: ScoredHypotheses | None = None
        if folds is not None:
            judged = benchmark(row, [missed[0], folds])[1].candidate
        return decide(rows, split, both, general, policy, judged)

    return decided


def test_a_fifth_less_is_kept_when_it_is_significant(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 25, [1] * 20 + [0] * 5)
    assert decision.verdict == "keep"
    assert decision.reasons[0] == (
        "Held-out priority KER 1.000 → 0.800 on 25 rows of 25 terms: down 20.0% "
        "(95 % interval 4% to 36%, p = 0.031), at least 20% and significant."
    )
    assert decision.priority.relative_drop == pytest.approx(0.2)
    assert decision.priority.p_value == pytest.approx(1 / 32)


def test_a_drop_that_may_be_chance_grows(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 10, [1] * 6 + [0] * 4)
    assert decision.verdict == "grow"
    assert decision.priority.p_value == pytest.approx(1 / 16)
    assert decision.reasons[0].endswith("at least 20%, but it may be chance: too few rows.")


def test_rows_of_one_term_count_once(row: Maker) -> None:
    rows = [row(text=f"give metoprolol {n}") for n in range(40)]
    texts = [r.text for r in rows]
    both = score_pair(texts, ["metoprolol"] * 40, ["give it"] * 40, texts)
    decision = decide(rows, Split((), tuple(range(40)), ()), both, HELD, Policy())
    assert decision.priority.relative_drop == 1.0
    assert decision.priority.p_value == 0.5
    assert decision.verdict == "grow"


def test_less_than_a_fifth_grows_even_when_it_is_real(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 100, [1] * 90 + [0] * 10)
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("significant, but less than 20%.")


def test_no_change_grows(verdict_of: Decide) -> None:
    decision = verdict_of([1, 0], [1, 0])
    assert decision.verdict == "grow"
    assert decision.reasons[0].endswith("it may be chance, and is less than 20%.")


def test_worse_is_rejected(verdict_of: Decide) -> None:
    decision = verdict_of([1, 0, 0], [1, 1, 0])
    assert decision.verdict == "reject"
    assert decision.reasons[0].startswith(
        "Held-out priority KER 0.333 → 0.667 on 3 rows of 3 terms: up 100.0%"
    )
    assert decision.reasons[0].endswith(": worse.")


def test_a_priority_category_that_got_worse_rejects_what_got_better_in_all(row: Maker) -> None:
    missed = [[1] * 30 + [0] * 8, [0] * 30 + [1] * 8]
    rows, both = benchmark(row, missed)
    rows = [*rows[:30], *(r.model_copy(update={"entity_category": "lab"}) for r in rows[30:])]
    policy = Policy(priority_categories=("drug", "lab"))
    decision = decide(rows, Split((), tuple(range(38)), ()), both, HELD, policy)
    assert decision.priority.relative_drop == pytest.approx(22 / 30)
    assert decision.verdict == "reject"
    assert "Priority category lab got worse (p = 0.008, Holm)." in decision.reasons


def test_unmeasured_general_speech_is_said(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 10, [0] * 10, None)
    assert decision.verdict == "keep"
    assert "General speech was not measured" in decision.reasons[-1]


def test_nothing_to_improve_grows(verdict_of: Decide) -> None:
    decision = verdict_of([0] * 5, [0] * 5)
    assert decision.verdict == "grow"
    assert decision.priority.relative_drop is None
    assert decision.priority.ci95 is None
    assert "make the benchmark harder" in decision.reasons[0]


def test_held_out_rows_without_a_priority_category_decide_nothing(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 5, [0] * 5, category="lab")
    assert decision.verdict == "grow"
    assert decision.priority.ker_comparison is None
    assert decision.priority.p_value is None
    assert decision.reasons[0] == "No held-out row is of a priority category."


def test_trained_rows_stand_beside_and_never_decide(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 5, [1] * 5)
    assert decision.scopes["train"].candidate.ker == 0.0
    assert decision.scopes["validation"].candidate.ker == 1.0
    assert decision.scopes["all"].candidate.ker == pytest.approx(0.2)
    assert decision.verdict == "grow"


def test_with_folds_every_row_decides_by_the_model_that_did_not_train_on_it(
    verdict_of: Decide,
) -> None:
    decision = verdict_of([1] * 5, [0] * 5, folds=[1] * 24 + [0])
    assert decision.priority.rows == 25
    assert decision.priority.ker_candidate == pytest.approx(24 / 25)
    assert decision.scopes["folds"].rows == 25
    assert decision.scopes["validation"].candidate.ker == 0.0
    assert decision.verdict == "grow"


def test_the_decision_is_told_in_markdown(verdict_of: Decide, row: Maker) -> None:
    rows, both = benchmark(row, [[1] * 10, [1] * 2 + [0] * 8])
    split = Split((0, 1), tuple(range(2, 10)), ())
    audits = audit(rows, split, [str(n) for n in range(10)], both, None, ["Stop tuning."])
    text = decision_markdown(3, verdict_of([1] * 10, [0] * 10), audits)
    assert text.startswith("# Cycle 3: keep\n")
    assert "- Stop tuning." in text
    assert "| validation | 10   | 1.000      | 0.000     |" in text
    assert "| general_wer      | 0.033      | 0.035     | 0.037 | held |" in text
    assert "Of 8 held-out rows 0 say a sentence that was trained" in text
