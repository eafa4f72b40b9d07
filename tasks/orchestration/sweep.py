"""The outcome of a sweep: what became of each cycle that it looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.domain.errors import CycleBusy, Fault, InvalidInput
from tasks.domain.scoring.leaderboard import table
from tasks.logs import log
from tasks.workspace.status import CycleStatus, cycle_statuses


def check_workspaces(workspaces: Sequence[Path]) -> None:
    """Raise InvalidInput where a sweep is given nothing to look at, which would succeed for ever."""
    if not workspaces:
        sentence = "expected your workspaces, a list of folders, under `parameters` of the sweep"
        raise InvalidInput([Fault(sentence, "prefect.yaml", field="workspaces")])


def logged_statuses(root: Path) -> list[CycleStatus]:
    """Look at every cycle of a workspace, and log what each is."""
    statuses = cycle_statuses(root)
    for status in statuses:
        log().info("cycle %d of %s: %s", status.cycle, root, status.outcome)
    return statuses


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
