"""The outcome of a sweep: what became of each cycle that it looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.domain.errors import CycleBusy, Fault, FlywheelError, InvalidInput
from tasks.domain.scoring.leaderboard import table
from tasks.logs import log
from tasks.workspace.status import CycleStatus, cycle_numbers, cycle_status, cycle_statuses


def check_workspaces(workspaces: Sequence[Path]) -> None:
    """Raise InvalidInput where a sweep is given nothing to look at, which would always succeed."""
    if not workspaces:
        sentence = "expected your workspaces, a list of folders, under `parameters` of the sweep"
        raise InvalidInput([Fault(sentence, "prefect.yaml", field="workspaces")])


def guarded(root: Path, number: int, work: Callable[[], list[CycleStatus]]) -> list[CycleStatus]:
    """Return the statuses of the cycles, or the one of a failure; 0 is the workspace itself.

    A sweep that ran on a schedule would otherwise end for all workspaces at the error of one.
    """
    try:
        return work()
    except FlywheelError as error:
        outcome = str(error)
    except Exception as error:  # whatever it is, the other workspaces are looked at
        outcome = f"{type(error).__name__}: {error}"
        log().debug("sweep of %s", root, exc_info=True)
    log().error("cycle %d of %s: %s", number, root, outcome)
    return [CycleStatus(root, number, False, outcome, failed=True)]


def logged_statuses(root: Path) -> list[CycleStatus]:
    """Look at every cycle of a workspace, and log what each is."""
    statuses = looked_at(root)
    for status in statuses:
        log().info("cycle %d of %s: %s", status.cycle, root, status.outcome)
    return statuses


def looked_at(root: Path) -> list[CycleStatus]:
    """Look at every cycle of a workspace; one that cannot be looked at has failed."""
    if not root.is_dir():
        return cycle_statuses(root)
    looks = [(number, partial(_look, root, number)) for number in cycle_numbers(root)]
    return [one for number, look in looks for one in guarded(root, number, look)]


def _look(root: Path, number: int) -> list[CycleStatus]:
    return [cycle_status(root, number)]


def status_after(status: CycleStatus, state: State[Any]) -> CycleStatus:
    """Return the status of a cycle after its run; it is not due where another process runs it."""
    if isinstance(state.result(raise_on_failure=False), CycleBusy):
        return replace(status, due=False, outcome="skipped: another process runs it")
    failed = not state.is_completed()
    return replace(status, outcome=f"{state.name}: {state.message or ''}", failed=failed)


def status_of_build(root: Path, number: int, state: State[Any]) -> CycleStatus:
    """Return a cycle whose benchmark could not be built."""
    return CycleStatus(root, number, False, f"not built: {state.message or ''}", failed=True)


def sweep_state(statuses: Sequence[CycleStatus]) -> State[dict[str, Any]]:
    """Publish the table of the sweep; failed when any cycle was, after all were looked at."""
    rows = [[str(one.workspace), str(one.cycle), one.outcome] for one in statuses]
    for workspace, cycle, outcome in rows:
        log().info("sweep: cycle %s of %s: %s", cycle, workspace, outcome)
    summary = table(["Workspace", "Cycle", "Outcome"], rows) if rows else "No cycle was found."
    create_markdown_artifact(summary, key="sweep", description="What the sweep found and ran")
    ran, failed = sum(one.due for one in statuses), sum(one.failed for one in statuses)
    total = len(statuses)
    message = f"{total} cycles: {ran} run, {total - ran} not due, {failed} failed"
    if failed:
        return Failed(message=message)  # Prefect takes only an error as its data
    data = {"cycles": total, "run": ran}
    return Completed(message=message, data=data)
