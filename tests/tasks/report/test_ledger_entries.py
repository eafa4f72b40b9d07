"""A line of the ledger in words, and what changed since the one before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.domain.verdict.priority import Priority
from tasks.records.ledger_line import DecisionLine, GateLine, RollbackLine, ServedLine
from tasks.records.record import ModelRecord
from tasks.report.ledger_entries import ledger_entries, system_name

WHEN = "2026-01-01T00:00:00+00:00"
BASE = ModelRecord(name="/w/base.nemo", path="/w/base.nemo", sha256="b" * 64)
CANDIDATE = ModelRecord(name="c", path="/w/adapted_model.nemo", sha256="c" * 64)


def gate(**changes: Any) -> GateLine:
    fields = {
        "cycle": 1, "outcome": "gate:build", "reasons": ("Few rows.", "More."),
        "priority_ker": 0.25, "manifest_sha256": "m", "policy_sha256": "p", "inputs_sha256": "i",
        "finished_at": WHEN,
    }  # fmt: skip
    return GateLine.model_validate(fields | changes)


def decision(**changes: Any) -> DecisionLine:
    fields = {
        "cycle": 1, "outcome": "keep", "reasons": ("Down 75 %.",), "run": "smoke-1",
        "rule": "held_out", "open_guards": (), "manifest_sha256": "m", "policy_sha256": "p",
        "inputs_sha256": "i", "priority_ker": 0.8,
        "priority": Priority("test", 10, 5, 2, 0.8, 0.2, 0.75, None, 0.01, None, 1, 0.025, {}),
        "newly_missed": 1, "still_missed": 2, "fixed": 7, "rows": 100, "general_sha256": "g",
        "recipe_sha256": "r", "base": BASE, "candidate": CANDIDATE, "finished_at": WHEN,
    }  # fmt: skip
    return DecisionLine.model_validate(fields | changes)


def test_a_stop_by_given_transcripts_names_whose_the_figure_is() -> None:
    own, given = ledger_entries(Path("/w"), [gate(), gate(system="whisper-1")])
    assert own.notes == ()
    assert given.notes == ("KER of whisper-1, not of the comparison model",)


def changes(*lines: GateLine | DecisionLine | RollbackLine) -> list[tuple[str, ...] | None]:
    return [entry.changed for entry in ledger_entries(Path("/w"), lines)]


def test_a_decision_tells_figures_systems_and_reason() -> None:
    (entry,) = ledger_entries(Path("/w"), [decision()])
    assert (entry.cycle, entry.when, entry.outcome) == (1, "2026-01-01 00:00", "keep")
    assert (entry.ker_before, entry.ker_after) == (0.8, 0.2)
    assert (entry.newly_missed, entry.fixed) == (1, 7)
    assert (entry.compared, entry.why) == ("base.nemo bbbbbbbb with smoke-1", "Down 75 %.")
    assert entry.notes == ()


@pytest.mark.parametrize(
    ("other", "changed"),
    [
        ({}, ()),
        ({"manifest_sha256": "n", "rows": 140}, ("rows 100 → 140",)),
        ({"manifest_sha256": "n"}, ("rows",)),
        ({"recipe_sha256": "s", "policy_sha256": "q"}, ("recipe",)),
        ({"policy_sha256": "q"}, ("policy",)),
        ({"general_sha256": "h"}, ("guard set",)),
        ({"general_sha256": None}, ("guard set gone",)),
        (
            {"base": CANDIDATE, "policy_sha256": "q"},
            ("base base.nemo bbbbbbbb → adapted_model.nemo cccccccc",),
        ),
        (
            {"candidate": CANDIDATE.model_copy(update={"decoding": DecodingConfig(boost_alpha=1)})},
            ("decoding greedy → greedy boosted 1",),
        ),
    ],
)
def test_what_changed_since_the_line_before_is_named(
    other: dict[str, Any], changed: tuple[str, ...]
) -> None:
    assert changes(decision(), decision(**other)) == [None, changed]


def test_a_fact_is_compared_with_the_latest_line_that_has_it() -> None:
    rollback = RollbackLine(cycle=0, outcome="rollback", reasons=("By hand.",), finished_at=WHEN)
    lines = (decision(), rollback, gate(manifest_sha256="n"), decision(rows=120, recipe_sha256="s"))
    assert changes(*lines) == [None, None, ("rows",), ("rows 100 → 120", "recipe")]
    assert changes(decision(general_sha256=None), decision())[1] == ("guard set added",)


def test_lines_of_an_earlier_commit_leave_open_what_they_do_not_say() -> None:
    old = {"rows": None, "general_sha256": None, "recipe_sha256": None, "newly_missed": None}
    first, second = ledger_entries(Path("/w"), [decision(**old, fixed=None), decision()])
    assert (first.newly_missed, first.fixed, first.notes) == (None, None, ())
    assert second.changed == ()


def test_what_a_verdict_does_not_rest_on_is_noted() -> None:
    line = decision(general_sha256=None, open_guards=("general_wer",), rule="published")
    (entry,) = ledger_entries(Path("/w"), [line])
    assert entry.notes == (
        "general speech not measured", "kept with open guards: general_wer",
        "by the published rule",
    )  # fmt: skip


@pytest.mark.parametrize(("to", "outcome"), [(3, "cycle 3"), (0, "no champion")])
def test_a_rollback_is_named_by_what_is_in_use_again(to: int, outcome: str) -> None:
    line = RollbackLine(cycle=to, outcome="rollback", reasons=("By hand.",), finished_at=WHEN)
    (entry,) = ledger_entries(Path("/w"), [line])
    assert (entry.cycle, entry.outcome, entry.why) == (None, f"rollback to {outcome}", "By hand.")


def test_the_report_is_at_the_latest_decision_of_its_cycle(tmp_path: Path) -> None:
    (tmp_path / "cycle2").mkdir()
    (tmp_path / "cycle2/report.html").write_text("")
    lines = [decision(), decision(outcome="grow"), decision(cycle=2)]
    entries = ledger_entries(tmp_path, lines)
    assert [entry.report for entry in entries] == ["", "cycle2/report.html", ""]


def test_a_base_that_the_policy_need_not_name_is_reported_so() -> None:
    name = "nvidia/parakeet-tdt-0.6b-v2"
    assert system_name(ModelRecord(name=name, path="", sha256=None)) == (
        "nvidia/parakeet-tdt-0.6b-v2 (the base where the policy names none)"
    )


@pytest.mark.parametrize(("worse", "outcome"), [(True, "served, worse"), (False, "served")])
def test_a_check_of_a_served_model_reports_what_was_compared_and_changes_nothing(
    worse: bool, outcome: str
) -> None:
    served = ServedLine(
        cycle=1, outcome="served", worse=worse, source="endpoint", name="asr:1", rows=9, differing=1,
        broke=(), guards=(), reasons=("As offline.",), candidate=CANDIDATE, answers_sha256="a",
        finished_at=WHEN,
    )  # fmt: skip
    _, entry, later = ledger_entries(Path("/w"), [decision(), served, decision(cycle=2)])
    assert (entry.cycle, entry.outcome, entry.compared) == (1, outcome, "endpoint asr:1")
    assert (entry.why, entry.changed, later.changed) == ("As offline.", None, ())
