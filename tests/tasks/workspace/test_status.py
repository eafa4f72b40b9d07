"""The status of a workspace: cycles that are due, decided, stopped, invalid or damaged; the next step."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from tasks.domain.errors import InvalidInput
from tasks.workspace.commands import approve_command, build_command, cycle_command
from tasks.workspace.status import (
    CycleStatus,
    NextStep,
    cycle_status,
    cycle_statuses,
    cycle_to_run,
    workspace_status,
)

Workspace = Callable[..., Path]


def test_a_cycle_that_was_never_run_is_due(workspace: Workspace) -> None:
    root = workspace([{}])
    assert cycle_statuses(root) == [CycleStatus(root, 1, True, "due")]


def test_an_invalid_cycle_fails_with_its_first_fault_and_their_number(
    workspace: Workspace,
) -> None:
    status = cycle_status(workspace([{"term": "aspirin"}, {"voice_id": ""}]), 1)
    assert status.failed
    assert not status.due
    assert status.outcome.startswith("invalid input, 2 faults: manifest.jsonl:1: term: expected")


def test_a_cycle_whose_decision_is_damaged_fails_with_the_way_out(workspace: Workspace) -> None:
    root = workspace([{}])
    (root / "cycle2").mkdir()
    (root / "cycle2/decision.json").write_text('{"cycle": ')
    status = cycle_status(root, 1)
    assert status.failed
    assert status.outcome.endswith("decides again from what is stored")


def test_a_workspace_that_is_absent_fails_by_itself(tmp_path: Path) -> None:
    assert [one.failed for one in cycle_statuses(tmp_path / "no")] == [True]


def test_folders_that_are_no_cycles_are_passed_over(workspace: Workspace) -> None:
    root = workspace([{}])
    for name in ("cycle2", "cycle03x", "cycles"):
        (root / name).mkdir()
    (root / "cycle03x/manifest.jsonl").write_text("{}")
    assert [one.cycle for one in cycle_statuses(root)] == [1]


def test_a_folder_that_does_not_exist_has_no_status(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"^--workspace: expected a folder; "):
        workspace_status(tmp_path / "no")


def test_a_workspace_with_terms_alone_is_led_to_the_build(tmp_path: Path) -> None:
    assert workspace_status(tmp_path).following == NextStep(
        cycle_command(tmp_path, 1), str(tmp_path / "cycle1/manifest.jsonl")
    )
    (tmp_path / "terms.csv").write_text("term,entity_category\ntimolol,drug\n")
    assert workspace_status(tmp_path).following == NextStep(build_command(tmp_path, 1))
    assert cycle_to_run(tmp_path) == 1


@pytest.mark.usefixtures("prefect_server")
def test_a_cycle_that_was_stopped_between_two_stages_names_the_last_one(
    flywheel: Workspace,
) -> None:
    root = flywheel()
    flywheel_cycle(root, stop_after="split")
    status = workspace_status(root)
    assert status.cycles == (CycleStatus(root, 1, True, "due, stage split is done"),)
    assert status.following == NextStep(cycle_command(root, 1))


@pytest.mark.usefixtures("prefect_server")
def test_a_cycle_that_the_gate_stopped_is_led_to_the_command_of_the_gate(
    workspace: Workspace,
) -> None:
    root = workspace([{}], ["please start metoprolol today"])
    flywheel_cycle(root)
    status = workspace_status(root)
    gate = json.loads((root / "cycle1/gate.json").read_text())
    (cycle,) = status.cycles
    assert cycle.outcome == f"stopped at the gate for these inputs: {gate['route']}"
    assert status.following.command == (gate["command"] or cycle_command(root, 1))
    assert status.following.needs == gate["needs"]


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.parametrize("approval", ["off", "required"])
def test_a_decided_cycle_is_led_to_an_answer_or_to_the_next_benchmark(
    flywheel: Workspace, approval: str
) -> None:
    root = flywheel(policy=f"approval: {approval}\n")
    flywheel_cycle(root)
    status = workspace_status(root)
    assert [one.verdict for one in status.cycles] == ["keep"]
    assert cycle_to_run(root) == 1
    if approval == "required":
        assert status.champion is None
        assert status.following == NextStep(approve_command(root, 1))
    else:
        assert status.champion is not None
        assert status.following == NextStep(
            cycle_command(root, 2), str(root / "cycle2/manifest.jsonl")
        )


@pytest.mark.usefixtures("prefect_server")
def test_a_cycle_that_is_due_comes_before_what_follows_a_decided_one(flywheel: Workspace) -> None:
    root = flywheel()
    flywheel_cycle(root)
    (root / "cycle2").mkdir(exist_ok=True)
    manifest = (root / "cycle1/manifest.jsonl").read_text().replace("audio/", "../cycle1/audio/")
    (root / "cycle2/manifest.jsonl").write_text(manifest)
    status = workspace_status(root)
    assert [one.due for one in status.cycles] == [False, True]
    assert cycle_to_run(root) == 2
    assert status.following == NextStep(cycle_command(root, 2))
