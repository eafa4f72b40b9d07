"""The rows of a report are those that the verdict was taken on."""

from __future__ import annotations

from collections.abc import Callable

from tasks.domain.verdict.comparison import score_pair
from tasks.report.rows import critical_rows, deciding_rows, report_rows
from tasks.workspace.comparison import ComparedRows, compare_models
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.models import candidate_system

ROWS = [{"term": f"term{n}", "text": f"start term{n}"} for n in range(6)]
TEXTS = [row["text"] for row in ROWS]
Decoded = Callable[..., Cycle]


def compared(cycle: Cycle) -> ComparedRows:
    return compare_models(cycle, candidate_system(Run(cycle)))


def terms(rows: ComparedRows) -> list[str]:
    return [row.term for row in rows.rows]


def test_test_rows_decide(decoded: Decoded) -> None:
    cycle = decoded(ROWS, TEXTS, TEXTS, held_out=2)
    assert terms(deciding_rows(cycle, compared(cycle))) == ["term4", "term5"]


def test_by_the_published_rule_all_rows_decide(decoded: Decoded) -> None:
    policy = "split: {group_by: row}\ndecide: {rule: published}\n"
    cycle = decoded(ROWS, TEXTS, TEXTS, held_out=2, policy=policy)
    assert len(terms(deciding_rows(cycle, compared(cycle)))) == 6


def test_rows_are_ordered_by_what_became_of_them(decoded: Decoded) -> None:
    before = [TEXTS[0], TEXTS[1], "", "", TEXTS[4], TEXTS[5]]
    after = [TEXTS[0], TEXTS[1], TEXTS[2], "", "", TEXTS[5]]
    cycle = decoded(ROWS, before, after, held_out=5)
    rows = report_rows(cycle, deciding_rows(cycle, compared(cycle)))
    assert [(row.term, row.outcome, row.rank) for row in rows] == [
        ("term4", "newly missed", 0), ("term3", "still missed", 1), ("term2", "fixed", 2),
        ("term1", "right", 3), ("term5", "right", 3),
    ]  # fmt: skip
    assert [row.clip.name for row in rows] == [f"audio/{n}.wav" for n in (4, 3, 2, 1, 5)]


def test_a_lost_dose_or_negation_is_named_and_new_changes_come_first(decoded: Decoded) -> None:
    texts = ["no asthma", "ten insulin", "left knee", "start warfarin", "2 mg digoxin"]
    rows = [{"term": text.split()[-1], "text": text} for text in texts]
    before = ["asthma", *texts[1:]]
    after = ["asthma", "insulin", "left knee", "warfarin", "20 mg digoxin"]
    cycle = decoded(rows, before, after, held_out=5)
    general = score_pair(["say six now"], [None], ["say six now"], ["say now"])
    found = critical_rows(compared(cycle), general)
    assert [(row.term, row.changed, row.new) for row in found] == [
        ("digoxin", "2 mg → 20 mg (×10)", True), ("insulin", "10 →", True), (None, "6 →", True),
        ("asthma", "no →", False),
    ]  # fmt: skip
    assert [(words.kind, words.text) for words in found[1].after] == [
        ("left out", "ten"), ("same", "insulin"),
    ]  # fmt: skip


def test_a_row_with_a_changed_dose_comes_before_rows_whose_term_is_missed(decoded: Decoded) -> None:
    texts = ["start insulin", "warfarin 1.5 mg", "start digoxin"]
    rows = [
        {"term": term, "text": text}
        for term, text in zip(["insulin", "warfarin", "digoxin"], texts, strict=True)
    ]
    cycle = decoded(rows, texts, ["start it", "warfarin 15 mg", "start digoxin"], held_out=3)
    shown = report_rows(cycle, deciding_rows(cycle, compared(cycle)))
    assert [(row.term, row.outcome, row.rank, row.changed) for row in shown] == [
        ("warfarin", "right", 0, "1.5 mg → 15 mg (×10)"),
        ("insulin", "newly missed", 0, ""),
        ("digoxin", "right", 3, ""),
    ]
