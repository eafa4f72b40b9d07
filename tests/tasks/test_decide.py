"""A verdict leaves its record, its ledger line, its champion and its plan, each as it should be."""

from __future__ import annotations

import csv
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks import decide
from tasks.records.files import read_json, write_record
from tasks.records.ledger_line import DecisionLine
from tasks.report.ledger_table import ledger_table
from tasks.workspace.cycle import Cycle, Run, decision_of, is_finished, not_decided
from tasks.workspace.decoded import Decoding
from tasks.workspace.ledger import read_champion, read_ledger, record_in_ledger
from tasks.workspace.models import candidate_system
from tasks.workspace.open import open_cycle
from tests.conftest import LETTERS_BASE
from tests.tasks.conftest import split_record, training_record

decide_cycle: Callable[[Cycle], decide.DecideSummary] = inspect.unwrap(decide.decide_cycle)
TERMS = [f"drug{number}" for number in range(12)]
ROWS = [{"term": term, "text": f"please start {term} today"} for term in TERMS]
TEXTS = [row["text"] for row in ROWS]
HELD_OUT = 8
NONE = ["something else"] * 12
KEEP_OPEN = "decide: {open_guard: keep}\n"
CLOSER = [*NONE[:-1], TEXTS[-1]]  # one held-out row of eight


@pytest.fixture
def cycle(decoded: Callable[..., Cycle]) -> Callable[..., Cycle]:
    """Make a cycle of four trained and eight held-out rows, a term each."""

    def make(before: list[str], after: list[str]) -> Cycle:
        return decoded(ROWS, before, after, held_out=HELD_OUT, policy=KEEP_OPEN)

    return make


def record(cycle: Cycle) -> dict[str, Any]:
    return read_json(cycle.decision) or {}


def test_a_kept_candidate_becomes_the_champion_and_asks_for_no_rows(
    cycle: Callable[..., Cycle],
) -> None:
    kept = cycle(NONE, TEXTS)
    plan = kept.next_folder / "growth_plan.csv"
    plan.parent.mkdir()
    plan.write_text("the plan of an earlier verdict")
    assert decide_cycle(kept) == decide.DecideSummary("keep", 1.0)
    champion = read_champion(kept.root)
    assert champion is not None
    assert champion.sha256 == record(kept)["candidate"]["sha256"]
    assert record(kept)["base"]["sha256"] == kept.comparison.sha256
    assert not plan.exists()


def test_a_rejected_candidate_leaves_no_champion_and_is_recorded_as_fully(
    cycle: Callable[..., Cycle],
) -> None:
    rejected = cycle(TEXTS, NONE)
    assert decide_cycle(rejected).verdict == "reject"
    assert read_champion(rejected.root) is None
    (line,) = read_ledger(rejected.root)
    assert isinstance(line, DecisionLine)
    assert (line.outcome, line.priority.ker_candidate) == ("reject", 1.0)
    assert line.reasons[0].startswith("Do not use the new model: ")
    assert line.reasons[0] in ledger_table(rejected.root)
    assert record(rejected)["summary"].split("\n\n")[:2] == [
        "# Cycle 1: reject the new model",
        line.reasons[0],
    ]
    assert line.candidate.sha256 == record(rejected)["candidate"]["sha256"]
    assert (rejected.next_folder / "report.html").is_file()


def test_a_candidate_that_needs_more_rows_names_the_missed_terms(
    cycle: Callable[..., Cycle],
) -> None:
    grow = cycle(NONE, CLOSER)
    assert decide_cycle(grow) == decide.DecideSummary("grow", 0.125)
    with (grow.next_folder / "growth_plan.csv").open(newline="") as file:
        missed = {line["term"] for line in csv.DictReader(file) if line["missed"] == "1"}
    assert missed == set(TERMS[-HELD_OUT:-1])  # not the trained ones, nor the one it has learned


def test_a_kill_before_the_record_is_decided_again_with_one_ledger_line_and_the_same_champion(
    cycle: Callable[..., Cycle],
) -> None:
    """decision.json is written last: without it the cycle is not decided."""
    kept = cycle(NONE, TEXTS)
    decide_cycle(kept)
    champion, first = read_champion(kept.root), record(kept)
    kept.decision.unlink()
    assert decision_of(kept) is None
    decide_cycle(kept)
    again = read_champion(kept.root)
    assert len(read_ledger(kept.root)) == 1
    assert champion is not None
    assert again is not None
    assert (again.sha256, again.previous) == (champion.sha256, None)
    assert record(kept) | {"decided_at": ""} == first | {"decided_at": ""}


def test_an_earlier_candidate_on_the_same_terms_makes_it_a_second_look(
    cycle: Callable[..., Cycle],
) -> None:
    judged = cycle(NONE, CLOSER)
    decide_cycle(judged)
    (line,) = read_ledger(judged.root)
    assert isinstance(line, DecisionLine)
    other = line.candidate.model_copy(update={"sha256": "other"})
    tried = {"candidate": other, "inputs_sha256": "another recipe"}
    record_in_ledger(judged.root, line.model_copy(update=tried))
    decide_cycle(judged)
    assert record(judged)["priority"]["look"] == 1, "what was judged later changes no earlier look"
    (judged.root / "ledger.jsonl").unlink()
    record_in_ledger(judged.root, line.model_copy(update=tried))
    decide_cycle(judged)
    assert (record(judged)["priority"]["look"], record(judged)["priority"]["alpha"]) == (2, 0.0125)


def test_limits_that_changed_after_a_look_are_named_wherever_the_verdict_is(
    cycle: Callable[..., Cycle],
) -> None:
    judged = cycle(NONE, CLOSER)
    decide_cycle(judged)
    policy = "base: base.nemo\ndecide: {keep_drop: 0.05, open_guard: keep}\n"
    (judged.root / "flywheel.yaml").write_text(policy)
    changed = open_cycle(judged.root, 1)
    decide_cycle(changed)
    sentence = "imits changed after look 1: keep_drop 0.2 → 0.05"
    decided = record(changed)
    assert decided["limits_changed"] == f"l{sentence}"
    assert decided["reasons"][2] == f"L{sentence}."
    assert f"- L{sentence}." in decided["summary"]
    assert f"l{sentence}" in (changed.next_folder / "report.html").read_text()
    assert f"l{sentence}" in ledger_table(judged.root)


def test_evidence_is_a_word_on_record_report_and_ledger(cycle: Callable[..., Cycle]) -> None:
    kept = cycle(NONE, TEXTS)
    decide_cycle(kept)
    assert record(kept)["evidence"] == "synthetic (1 engine, 1 voice)"
    assert "Evidence: synthetic (1 engine, 1 voice)." in record(kept)["summary"]
    assert "synthetic (1 engine, 1 voice)" in (kept.next_folder / "report.html").read_text()
    assert "evidence: synthetic (1 engine, 1 voice)" in ledger_table(kept.root)


def test_open_guards_and_the_rule_stand_in_the_ledger(cycle: Callable[..., Cycle]) -> None:
    kept = cycle(NONE, TEXTS)
    decide_cycle(kept)
    (line,) = read_ledger(kept.root)
    assert isinstance(line, DecisionLine)
    assert line.rule == "held_out"
    assert line.open_guards == (
        "general_wer", "clinical_wer", "false_keywords_clinical", "empty_or_unknown_clinical",
        "critical_tokens_clinical", "voices",
    )  # fmt: skip
    assert any("open_guard: keep" in reason for reason in line.reasons)


def test_the_verdict_names_the_terms_that_the_base_can_never_write(
    workspace: Callable[..., Path], fake_model: Callable[..., Path]
) -> None:
    rows = [*ROWS[:-1], {"term": "5^3 drug", "text": "please start 5^3 drug today"}]
    root = workspace(rows, policy=f"base: base.nemo\n{KEEP_OPEN}")
    fake_model(root / "base.nemo", 0.8, LETTERS_BASE)
    cycle = open_cycle(root, 1)
    run = Run(cycle)
    write_record(run.split, split_record(cycle, HELD_OUT))
    fake_model(run.candidate, 0.2, LETTERS_BASE)
    write_record(run.training_info, training_record(run, len(rows) - HELD_OUT))
    for model, transcripts in ((cycle.comparison, NONE), (candidate_system(run), TEXTS)):
        Decoding(run, model).write(transcripts)
    decide_cycle(cycle)
    assert record(cycle)["reasons"][-1] == (
        "The base can never write 1 term (1 row), so no fine-tune can learn it: 5^3 drug."
    )


def test_a_decision_of_an_earlier_version_is_read_and_names_what_it_did_not_ask_for(
    cycle: Callable[..., Cycle],
) -> None:
    kept = cycle(NONE, TEXTS)
    decide_cycle(kept)
    fields = record(kept)
    assert fields["schema_version"] == 2
    for name in ("anchor", "against_anchor", "against_boosting"):
        fields.pop(name)
    earlier = {"schema_version": 1, "inputs_sha256": "by the rule of that version"}
    kept.decision.write_text(json.dumps(fields | earlier))
    assert decision_of(kept) is None
    assert not is_finished(kept), "it is decided again"
    assert not_decided(kept).startswith(
        "cycle 1 was decided by an earlier version: its guards were not held against the first base"
    )
