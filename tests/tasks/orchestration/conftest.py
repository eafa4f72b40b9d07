"""Cycles that a gate has decided."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.records.files import write_record
from tasks.records.stages import GateRecord
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle


def write_gate(root: Path, route: Any, reason: str = "", number: int = 1) -> Cycle:
    """Let the gate of a cycle have left this route."""
    cycle = open_cycle(root, number)
    record = GateRecord(
        cycle=number, passed=route == "finetune", route=route, reasons=(reason,), rows=1,
        rows_per_category={"drug": 1}, priority_categories=("drug",), priority_ker=None,
        hinted_ker=None, g2p_ker=None, power=None, next="grow the benchmark",
        base=cycle.base.record(), comparison=cycle.comparison.record(),
        manifest_sha256=cycle.manifest_sha256, baseline_sha256=None,
        policy_sha256=cycle.policy.sha256, inputs_sha256=cycle.inputs_sha256,
    )  # fmt: skip
    write_record(cycle.gate, record)
    return cycle


@pytest.fixture
def gated(workspace: Callable[..., Path]) -> Callable[..., Cycle]:
    """Make a cycle whose gate left this route."""
    return lambda route, reason: write_gate(workspace([{}]), route, reason)
