"""What a sweep finds in a workspace: the cycles that are due, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.domain.manifest import InvalidInput
from tasks.domain.scoring.leaderboard import table
from tasks.orchestration.stage import log
from tasks.workspace.inputs import open_cycle
from tasks.workspace.locks import CycleBusy
from tasks.workspace.paths import Cycle, decided, read_json


@dataclass(frozen=True)
class CycleStatus:
    """One cycle of a workspace: whether it is due, and what is, or became, of it."""

    workspace: Path
    cycle: int
    due: bool
    outcome: str
    failed: bool = False


def cycle_statuses(root: Path) -> list[CycleStatus]:
    """Look at every cycle folder that holds a manifest, in order of number."""
    numbers = sorted(
        int(path.parent.name.removeprefix("cycle"))
        for path in root.glob("cycle*/manifest.jsonl")
        if path.parent.name.removeprefix("cycle").isdigit()
    )
    if not root.is_dir():
        return [CycleStatus(root, 0, False, "there is no such folder", failed=True)]
    found = [cycle_status(root, number) for number in numbers]
    for one in found:
        log().info("cycle %d of %s: %s", one.cycle, root, one.outcome)
    return found


def cycle_status(root: Path, number: int) -> CycleStatus:
    try:
        cycle = open_cycle(root, number)
    except InvalidInput as error:
        count = len(error.faults)
        first = f"invalid input, {count} fault{'s' * (count > 1)}: {error.faults[0]}"
        return CycleStatus(root, number, False, first, failed=True)
    if decision := decided(cycle):
        return CycleStatus(root, number, False, f"decided for these inputs: {decision['verdict']}")
    if gate := gated(cycle):
        return CycleStatus(
            root, number, False, f"stopped at the gate for these inputs: {gate['route']}"
        )
    return CycleStatus(root, number, True, "due")


def gated(cycle: Cycle) -> dict[str, Any] | None:
    """The gate that stopped this cycle for just these inputs and this baseline, if one did."""
    gate = read_json(cycle.folder / "gate.json")
    if gate is None or gate["passed"] or gate["inputs_sha256"] != cycle.inputs_sha256:
        return None
    return gate if gate.get("baseline_sha256") == cycle.baseline_sha256 else None


def status_after(found: CycleStatus, state: State[Any]) -> CycleStatus:
    """What became of a cycle that was due."""
    if isinstance(state.result(raise_on_failure=False), CycleBusy):
        return replace(found, outcome="skipped: another process runs it")
    failed = not state.is_completed()
    return replace(found, outcome=f"{state.name}: {state.message or ''}", failed=failed)


def sweep_state(found: Sequence[CycleStatus]) -> State[dict[str, Any]]:
    """Publish the table of the sweep; failed when any cycle was, after all were looked at."""
    rows = [[str(one.workspace), str(one.cycle), one.outcome] for one in found]
    summary = table(["Workspace", "Cycle", "Outcome"], rows) if rows else "No cycle was found."
    create_markdown_artifact(summary, key="sweep", description="What the sweep found and ran")
    ran, failed = sum(one.due for one in found), sum(one.failed for one in found)
    message = f"{len(found)} cycles: {ran} run, {len(found) - ran} not due, {failed} failed"
    if failed:
        return Failed(name="Incomplete", message=message)  # Prefect takes only an error as its data
    data = {"cycles": len(found), "run": ran}
    return Completed(name="Swept" if ran else "NothingDue", message=message, data=data)
