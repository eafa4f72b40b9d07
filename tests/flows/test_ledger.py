"""The ledger: printed by the command without a server, published by the flow."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.commands.ledger import LedgerFlags, run
from flows.ledger import show_ledger
from tasks.domain.errors import InvalidInput
from tasks.orchestration.command import run_command
from tasks.orchestration.names import artifact_key
from tasks.records.files import json_lines
from tasks.records.ledger_line import GateLine
from tasks.report.ledger_table import ledger_table
from tasks.workspace.ledger import record_in_ledger

GATED = GateLine(
    cycle=1, outcome="gate:harden", reasons=("The benchmark is saturated.",), priority_ker=0.05,
    manifest_sha256="m", policy_sha256="p", inputs_sha256="i",
    finished_at="2026-01-01T00:00:00+00:00",
)  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose ledger has one cycle that the gate stopped."""
    (tmp_path / "ledger.jsonl").write_text(json_lines([GATED.model_dump(mode="json")]))
    return tmp_path


@pytest.mark.usefixtures("no_server")
def test_the_command_prints_the_table_without_a_server_and_changes_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flows.ledger", "--workspace", str(root)])
    assert run_command(LedgerFlags, run) == 0
    printed = capsys.readouterr().out
    assert "  gate:harden  0.050 " in printed
    assert "The benchmark is saturated." in printed
    assert [path.name for path in root.iterdir()] == ["ledger.jsonl"]


@pytest.mark.usefixtures("no_server")
def test_the_lines_are_printed_whole_as_json(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["flows.ledger", "--workspace", str(root), "--json"])
    assert run_command(LedgerFlags, run) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert line == json.loads((root / "ledger.jsonl").read_text())


@pytest.mark.usefixtures("no_server")
def test_a_ledger_is_verified_with_a_sentence_for_each_fault_and_an_exit_code(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    verify = ["--workspace", str(root), "--verify"]
    assert run_command(LedgerFlags, run, arguments=verify) == 0
    assert "follow from one another" in capsys.readouterr().out
    record_in_ledger(root, GATED.model_copy(update={"cycle": 2}))
    path = root / "ledger.jsonl"
    path.write_text(path.read_text().replace("saturated", "too hard", 1))
    assert run_command(LedgerFlags, run, arguments=[*verify, "--json"]) == 1
    (fault,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault.startswith("ledger.jsonl:2: it does not follow from line 1")


@pytest.mark.usefixtures("no_server")
def test_a_workspace_that_is_absent_is_refused_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^--workspace: expected a folder; "):
        run(LedgerFlags(workspace=tmp_path / "no"))


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_publishes_the_same_table_as_an_artifact_of_its_workspace(
    root: Path, artifacts: Callable[[str], list[Any]]
) -> None:
    assert show_ledger(root) == ledger_table(root)
    found = artifacts(artifact_key(root, root.name, "ledger"))
    assert [(one.description, one.data) for one in found] == [(str(root), ledger_table(root))]
