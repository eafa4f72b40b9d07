"""The named state, the artifact and the terminal's text of an outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.orchestration.states import cycle_state, gate_summary, terminal_summary
from tasks.workspace.files import write_record
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle
from tasks.workspace.records import GateRecord

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def gated(workspace: Callable[..., Path]) -> Callable[..., Cycle]:
    """Make a cycle whose gate left this route."""

    def make(route: Any, reason: str) -> Cycle:
        cycle = open_cycle(workspace([{}]), 1)
        record = GateRecord(
            cycle=1, passed=route == "finetune", route=route, reasons=(reason,), rows=1,
            rows_per_category={"drug": 1}, priority_categories=("drug",), priority_ker=None,
            hinted_ker=None, g2p_ker=None, power=None, next="grow the benchmark",
            base=cycle.base.record(), comparison=cycle.comparison.record(),
            manifest_sha256=cycle.manifest_sha256, baseline_sha256=None,
            policy_sha256=cycle.policy.sha256, inputs_sha256=cycle.inputs_sha256,
        )  # fmt: skip
        write_record(cycle.gate, record)
        return cycle

    return make


def test_a_stopped_gate_names_its_route_and_reasons(gated: Callable[..., Cycle]) -> None:
    cycle = gated("build", "The benchmark has 1 rows.")
    state = cycle_state(cycle)
    assert (state.name, state.message) == ("Gated", "The benchmark has 1 rows.")
    assert state.is_completed()
    summary = terminal_summary(cycle, 0, None)
    assert summary.splitlines()[0] == "# Gate of cycle 1: stopped, route `build`"
    assert "Rows: 1 (drug 1). Next: grow the benchmark." in summary


def test_a_passed_gate_without_a_verdict_was_stopped_as_asked(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("finetune", "worth it")
    state = cycle_state(cycle, "sft")
    assert (state.name, state.message) == ("Stopped", "Stopped after sft, as asked.")
    assert terminal_summary(cycle, 0, "sft").endswith("Stopped after sft, as asked.")


def test_the_terminal_shows_the_stages_of_this_run_alone(gated: Callable[..., Cycle]) -> None:
    cycle = gated("build", "small")
    cycle.stages.write_text('{"stage": "gate", "seconds": 1.5}\n{"stage": "gate", "seconds": 2}\n')
    lines = terminal_summary(cycle, 1, None).splitlines()
    assert lines[2:4] == ["| gate  | 2.0     |", "| total | 2.0     |"]


def test_a_gate_without_rows_says_none(gated: Callable[..., Cycle]) -> None:
    record = GateRecord.model_validate_json(gated("build", "no manifest").gate.read_text())
    empty = record.model_copy(update={"rows": 0, "rows_per_category": {}})
    assert "Rows: 0 (none)." in gate_summary(empty)
