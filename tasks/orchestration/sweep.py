"""What a sweep finds in a workspace: the cycles that are due, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.domain.errors import CycleBusy, Fault, FlywheelError, InvalidInput
from tasks.domain.scoring.leaderboard import table
from tasks.logs import log
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, decision_of, gate_of, is_finished
from tasks.workspace.records import GateRecord


@dataclass(frozen=True)
class CycleStatus:
    """One cycle of a workspace: whether it is due, and what is, or became, of it."""

    workspace: Path
    cycle: int
    due: bool
    outcome: str
    failed: bool = False


def check_workspaces(workspaces: Sequence[Path]) -> None:
    """Raise InvalidInput where a sweep is given nothing to look at, which would succeed for ever."""
    if not workspaces:
        sentence = "expected your workspaces, a list of folders, under `parameters` of the sweep"
        raise InvalidInput([Fault(sentence, "prefect.yaml", field="workspaces")])


def cycle_statuses(root: Path) -> list[CycleStatus]:
    """Look at every cycle folder that holds a manifest, in order of number."""
    if not root.is_dir():
        return [CycleStatus(root, 0, False, "there is no such folder", failed=True)]
    numbers = sorted(
        int(path.parent.name.removeprefix("cycle"))
        for path in root.glob("cycle*/manifest.jsonl")
        if path.parent.name.removeprefix("cycle").isdecimal()
    )
    statuses = [cycle_status(root, number) for number in numbers]
    for status in statuses:
        log().info("cycle %d of %s: %s", status.cycle, root, status.outcome)
    return statuses


def cycle_status(root: Path, number: int) -> CycleStatus:
    """Tell whether a cycle is due; one that cannot be opened has failed."""
    try:
        cycle = open_cycle(root, number)
        decision, gate = decision_of(cycle), stopping_gate(cycle)
    except InvalidInput as error:
        count = len(error.faults)
        plural = "s" if count > 1 else ""
        outcome = f"invalid input, {count} fault{plural}: {error.faults[0]}"
        return CycleStatus(root, number, False, outcome, failed=True)
    except FlywheelError as error:
        return CycleStatus(root, number, False, str(error), failed=True)
    if decision and is_finished(cycle):
        outcome = f"decided for these inputs: {decision.verdict}"
        return CycleStatus(root, number, False, outcome)
    if gate:
        outcome = f"stopped at the gate for these inputs: {gate.route}"
        return CycleStatus(root, number, False, outcome)
    return CycleStatus(root, number, True, "due")


def stopping_gate(cycle: Cycle) -> GateRecord | None:
    """Give the gate that stopped this cycle for just these inputs and this baseline, if one did."""
    gate = gate_of(cycle)
    return None if gate is None or gate.passed else gate


def status_after(status: CycleStatus, state: State[Any]) -> CycleStatus:
    """Give what became of a cycle that was due; it no longer is where another process runs it."""
    if isinstance(state.result(raise_on_failure=False), CycleBusy):
        return replace(status, due=False, outcome="skipped: another process runs it")
    failed = not state.is_completed()
    return replace(status, outcome=f"{state.name}: {state.message or ''}", failed=failed)


def status_of_build(root: Path, number: int, state: State[Any]) -> CycleStatus:
    """Give a cycle whose benchmark could not be built."""
    return CycleStatus(root, number, False, f"not built: {state.message or ''}", failed=True)


def sweep_state(statuses: Sequence[CycleStatus]) -> State[dict[str, Any]]:
    """Publish the table of the sweep; failed when any cycle was, after all were looked at."""
    rows = [[str(one.workspace), str(one.cycle), one.outcome] for one in statuses]
    summary = table(["Workspace", "Cycle", "Outcome"], rows) if rows else "No cycle was found."
    create_markdown_artifact(summary, key="sweep", description="What the sweep found and ran")
    ran, failed = sum(one.due for one in statuses), sum(one.failed for one in statuses)
    total = len(statuses)
    message = f"{total} cycles: {ran} run, {total - ran} not due, {failed} failed"
    if failed:
        return Failed(name="Incomplete", message=message)  # Prefect takes only an error as its data
    data = {"cycles": total, "run": ran}
    return Completed(name="Swept" if ran else "NothingDue", message=message, data=data)
