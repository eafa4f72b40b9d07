"""What a sweep builds next is read from the ledger, and so is why it builds nothing."""

from __future__ import annotations

from pathlib import Path

from tasks.advance import ended_cycles, next_build, record_stop
from tasks.domain.cost import Spent
from tasks.records.ledger_line import BuildLine
from tasks.workspace.ledger import read_ledger, record_in_ledger
from tests.tasks.report.test_ledger_table import GATED, KEPT


def test_a_cycle_that_asks_for_more_is_followed_by_the_next(tmp_path: Path) -> None:
    record_in_ledger(tmp_path, GATED)
    assert next_build(tmp_path).build == 2
    assert len(read_ledger(tmp_path)) == 1


def test_why_it_stops_is_in_the_ledger_once(tmp_path: Path) -> None:
    for line in (GATED, KEPT):
        record_in_ledger(tmp_path, line)
    assert next_build(tmp_path).build is None
    next_build(tmp_path)
    assert [one.outcome for one in read_ledger(tmp_path)] == [
        "gate:harden", "keep", "advance:stopped"
    ]  # fmt: skip
    assert read_ledger(tmp_path)[-1].reasons == ("cycle 2 ended in keep",)


def test_the_latest_line_of_a_cycle_counts_and_builds_are_none(tmp_path: Path) -> None:
    again = KEPT.model_copy(update={"cycle": 1, "outcome": "grow", "spent": Spent(0, 0, 2.5, None)})
    built = BuildLine(
        cycle=2, outcome="built", reasons=("9 rows",), manifest_sha256="n", finished_at="2026"
    )
    for line in (GATED, again, built):
        record_in_ledger(tmp_path, line)
    (ended,) = ended_cycles(tmp_path)
    assert (ended.outcome, ended.relative_drop, ended.hours) == ("grow", 0.75, 2.5)


def test_a_cycle_that_was_built_and_has_not_ended_stops_it_with_the_reason(tmp_path: Path) -> None:
    record_in_ledger(tmp_path, GATED)
    assert next_build(tmp_path, built=2).build is None
    assert read_ledger(tmp_path)[-1].reasons == (
        "cycle 2 is built and has not ended: another process runs it",
    )


def test_a_stop_is_of_its_cycle_and_is_there_once(tmp_path: Path) -> None:
    for why in ("not built: a", "not built: a", "not built: b"):
        record_stop(tmp_path, 3, why)
    assert [(one.cycle, one.reasons) for one in read_ledger(tmp_path)] == [
        (3, ("not built: a",)), (3, ("not built: b",))
    ]  # fmt: skip
