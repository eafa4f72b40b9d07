"""The named state and the artifact of an outcome."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.orchestration.states import cycle_state
from tasks.orchestration.summaries import gate_summary
from tasks.records.stages import GateRecord
from tasks.workspace.cycle import Cycle

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_a_stopped_gate_names_its_route_and_reasons(gated: Callable[..., Cycle]) -> None:
    cycle = gated("build", "The benchmark has 1 rows.")
    state = cycle_state(cycle)
    assert (state.name, state.message) == ("Gated", "The benchmark has 1 rows.")
    assert state.is_completed()


def test_a_passed_gate_without_a_verdict_was_stopped_as_asked(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("finetune", "worth it")
    state = cycle_state(cycle, "sft")
    assert (state.name, state.message) == ("Stopped", "Stopped after sft, as asked.")


def test_a_gate_without_rows_reports_none(gated: Callable[..., Cycle]) -> None:
    record = GateRecord.model_validate_json(gated("build", "no manifest").gate.read_text())
    empty = record.model_copy(update={"rows": 0, "rows_per_category": {}})
    assert "Rows: 0 (none)." in gate_summary(empty)
