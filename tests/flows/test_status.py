"""`flywheel status` shows a workspace and the next command, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cli import main
from flows.cycle import flywheel_cycle
from tasks.workspace.commands import cycle_command


@pytest.mark.usefixtures("prefect_server")
def test_a_decided_workspace_has_its_verdict_its_champion_and_the_next_command(
    flywheel: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    root = flywheel()
    flywheel_cycle(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert main(["status", str(root)]) == 0
    cycle, champion, _, following = capsys.readouterr().out.splitlines()
    assert cycle == "cycle 1: decided for these inputs: keep"
    assert champion.startswith(f"Champion: cycle 1, {root / 'cycle1/models'}")
    assert following.endswith(cycle_command(root, 2))
    assert main(["status", str(root), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [one["verdict"] for one in record["cycles"]] == ["keep"]
    assert record["champion"]["cycle"] == 1
    assert record["next"]["needs"] == str(root / "cycle2/manifest.jsonl")
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.usefixtures("no_server")
def test_a_workspace_without_a_benchmark_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"No cycle of {tmp_path} has a benchmark yet.", "Champion: none"]
