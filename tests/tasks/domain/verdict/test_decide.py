"""The rows that decide, what is shown beside them, and the content of a decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import Policy
from tasks.domain.split import Split
from tasks.domain.verdict.comparison import guard_set, score_pair
from tasks.domain.verdict.decide import Accepted, decide
from tests.tasks.domain.verdict.judged import HELD, Decide, Maker, benchmark


def test_with_one_voice_nothing_is_kept_and_the_guard_of_voices_is_open(row: Maker) -> None:
    rows, both = benchmark(row, [[1] * 60, [0] * 60], voice_id="v0")
    decision = decide(rows, Split((), tuple(range(60))), both, HELD, Policy())
    assert decision.verdict == "grow"
    (opened,) = [guard for guard in decision.guards if guard.state == "open"]
    assert opened.sentence == (
        "Guard voices is open. The priority test rows are of one voice, and what suits it may suit no "
        "other. Add rows of other voices."
    )


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        ([1] * 40, [0] * 40, "keep"),
        ([0] * 40, [0] * 40, "keep"),
        ([0] * 10, [0] * 10, "grow"),  # too few to disprove a rise of ten points
        ([0] * 40, [1] * 6 + [0] * 34, "reject"),
    ],
)
def test_a_candidate_that_harms_rows_of_another_source_is_not_kept(
    verdict_of: Decide, row: Maker, before: list[int], after: list[int], verdict: str
) -> None:
    accepted = Accepted(*benchmark(row, [before, after]))
    decision = verdict_of([1] * 40, [0] * 40, accepted=accepted)
    assert decision.verdict == verdict
    assert decision.guards[-1].name == "acceptance"


@pytest.mark.parametrize(
    ("again", "verdict", "confidence"), [(False, "keep", 0.9875), (True, "grow", 0.99875)]
)
def test_guards_ask_more_of_a_candidate_that_was_judged_before(
    row: Maker, again: bool, verdict: str, confidence: float
) -> None:
    """50 terms without harm: enough for any candidate of a second look, too few for the same one."""
    rows, both = benchmark(row, [[1] * 50, [0] * 50])
    decision = decide(rows, Split((), tuple(range(50))), both, HELD, Policy(), look=2, again=again)
    assert decision.verdict == verdict
    assert {guard.confidence for guard in decision.guards} == {confidence}
    assert decision.priority.alpha == 0.0125


def test_other_terms_that_went_wrong_are_seen(row: Maker) -> None:
    """The first edition's demo: every drug is recognized now, five of five other terms no longer."""
    rows, both = benchmark(row, [[1] * 40 + [0] * 5, [0] * 40 + [1] * 5])
    rows = [*rows[:40], *(r.model_copy(update={"entity_category": "lab"}) for r in rows[40:])]
    decision = decide(rows, Split((), tuple(range(45))), both, HELD, Policy())
    assert decision.verdict == "reject"
    assert decision.reasons[1] == (
        "Newly missed: 5 rows, 5 outside the priority categories: drug40, drug41, drug42, drug43, drug44."
    )
    assert decision.reasons[0].startswith("Guard other_terms broke: 0.000 → 1.000, significantly")


def test_other_rows_stand_beside_and_never_decide(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 4, [1] * 4)
    assert list(decision.scopes) == ["test", "validation", "train", "all"]
    assert decision.scopes["train"].candidate.ker == 0.0
    assert decision.scopes["validation"].rows == 1
    assert decision.scopes["test"].candidate.ker == 1.0
    assert decision.scopes["all"].candidate.ker == pytest.approx(4 / 25)
    assert decision.verdict == "grow"


def test_rows_that_an_ancestor_was_trained_on_never_decide(verdict_of: Decide) -> None:
    decision = verdict_of([1] * 10, [0] * 4 + [1] * 6, seen=frozenset({0, 21, 22, 23, 24}))
    assert decision.priority.rows == 6
    assert decision.priority.relative_drop == 0.0
    assert decision.left_out == 4
    assert decision.reasons[-1].startswith("4 test rows did not decide: an ancestor")


def test_with_folds_every_row_decides_by_the_model_that_did_not_train_on_it(
    verdict_of: Decide,
) -> None:
    decision = verdict_of([1] * 5, [0] * 5, folds=[1] * 25 + [0])
    assert decision.priority.rows == 26
    assert decision.priority.ker_candidate == pytest.approx(25 / 26)
    assert decision.scopes["folds"].rows == 26
    assert decision.scopes["test"].candidate.ker == 0.0
    assert decision.verdict == "grow"


def test_a_split_by_row_reports_first_how_many_test_rows_repeat_a_sentence(row: Maker) -> None:
    rows = [row(text=f"give metoprolol {n % 3}") for n in range(6)]
    texts = [r.text for r in rows]
    both = score_pair(texts, ["metoprolol"] * 6, texts, texts)
    policy = Policy.model_validate({"split": {"group_by": "row"}})
    decision = decide(rows, Split((0, 1), (3, 4, 5), (2,)), both, HELD, policy)
    assert decision.reasons[0] == (
        "Divided by row, as published: 3 of 3 test rows repeat a sentence that was trained."
    )


FIRST_EDITION = Path(__file__).parents[3] / "data" / "first_edition_demo.jsonl"


def test_what_the_first_edition_kept_is_rejected_in_one_sentence() -> None:
    """Its demo: every voice, 188 rows divided by row, 400 guard clips, really decoded.

    It was kept for 28 drug rows, while five of five other terms that had been recognized no longer were.
    """
    lines = [json.loads(line) for line in FIRST_EDITION.read_text().splitlines()]
    clinical, clips = (
        [line for line in lines if ("term" in line) is wanted] for wanted in (True, False)
    )
    rows = [ClinicalRow.model_validate(line) for line in clinical]
    pair, speech = (
        score_pair(
            [line["text"] for line in part],
            [line.get("term") for line in part],
            [line["base"] for line in part],
            [line["candidate"] for line in part],
        )
        for part in (clinical, clips)
    )
    sides = [line["split"] for line in clinical]
    split = Split(
        tuple(n for n, side in enumerate(sides) if side == "train"),
        tuple(n for n, side in enumerate(sides) if side == "validation"),
    )
    general = guard_set(speech, [line["voice_id"] for line in clips])
    policy = Policy.model_validate({"split": {"group_by": "row"}})
    decision = decide(rows, split, pair, general, policy)
    assert decision.priority.relative_drop == pytest.approx(0.792, abs=0.001)
    assert decision.verdict == "reject"
    assert decision.reasons[0] == (
        "Divided by row, as published: 28 of 35 test rows repeat a sentence that was trained."
    )
    broke = [reason for reason in decision.reasons if " broke: " in reason]
    assert broke == [
        "Guard other_terms broke: 0.286 → 1.000, significantly above its margin (p = 0.031)."
    ]
    states = {guard.name: guard.state for guard in decision.guards}
    assert states["general_wer"] == "open", "+3.8 % on six voices"
    assert decision.changes.counts == "6 newly missed, 6 still missed, 20 fixed"
    newly = next(reason for reason in decision.reasons if reason.startswith("Newly missed"))
    assert newly.startswith("Newly missed: 6 rows, 5 outside the priority categories: ")
