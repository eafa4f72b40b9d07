"""A cycle ends at its cap in one sentence and goes on with a higher one; what it took is shown."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.commands.cycle import CycleFlags, run
from flows.commands.ledger import LedgerFlags
from flows.commands.ledger import run as show
from tasks.orchestration.command import run_command
from tasks.records.files import read_json
from tasks.workspace.ledger import read_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")


def turn(root: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    arguments = ["flows.cycle", "--workspace", str(root), "--cycle", "1"]
    monkeypatch.setattr(sys, "argv", arguments)
    return run_command(CycleFlags, run)


def test_a_fine_tune_that_would_pass_the_cap_ends_and_goes_on_with_a_higher_one(
    flywheel: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("tasks.workspace.times.TICK_SECONDS", 0.1)
    low, high = "max_cost: 3", "max_cost: 4000"  # a second costs 1
    root = flywheel(seconds=4, policy=f"cost: {{price_per_hour: 3600, {low}}}\n")
    assert turn(root, monkeypatch) == 1
    message = capsys.readouterr().err.strip().splitlines()[-1]
    assert "the jobs of this cycle " in message
    assert message.endswith("cost.max_cost is 3: raise the cap and rerun to resume")
    assert not (root / "cycle2/decision.json").exists()
    attempts = len([*root.glob("cycle1/compute/*.json")])

    policy = root / "flywheel.yaml"
    policy.write_text(policy.read_text().replace(low, high))
    assert turn(root, monkeypatch) == 0
    decision = read_json(root / "cycle2/decision.json") or {}
    assert len([*root.glob("cycle1/compute/*.json")]) > attempts
    (line,) = read_ledger(root)
    spent = decision["spent"]
    assert line.model_dump(mode="json")["spent"] == spent
    assert spent["gpu_seconds"] == 0
    assert spent["cost"] == pytest.approx(spent["compute_seconds"], abs=0.5)
    sentence = f"{spent['compute_seconds']:,.0f} compute seconds, about {spent['cost']:,.2f}"
    assert f"Jobs of this cycle: {sentence}." in decision["summary"]
    assert sentence in (root / "cycle2/report.html").read_text()
    assert sentence in show(LedgerFlags(workspace=root)).text
