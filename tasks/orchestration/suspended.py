"""Runs that wait for a person in Prefect: suspended with a form, and resumed with its answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import httpx
from prefect import runtime
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import PrefectException
from prefect.flow_runs import resume_flow_run, suspend_flow_run
from prefect.input import RunInput
from prefect.settings import PREFECT_API_URL
from pydantic import Field

from tasks.domain.words import Words
from tasks.logs import log
from tasks.orchestration.names import CYCLE_TAG
from tasks.workspace.commands import approve_command
from tasks.workspace.cycle import Cycle, decision_of

SUSPENDED = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Suspended"]}}})


class Answer(RunInput):
    """The form that a suspended run shows: what a person decides, who that is, and why."""

    decision: Literal["yes", "no"] = Field(description="yes: make the candidate the champion")
    reviewer: Words = Field(description="Your name, as the ledger shall have it")
    reason: Words = Field(description="Why; written to every output of this cycle")


def ask_for_approval(cycle: Cycle) -> Answer | None:
    """Suspend the run of a deployment until its form is answered, at no cost of a process.

    A run that no deployment can start again ends instead, and names the command that answers. None
    where nobody has answered.
    """
    decision = decision_of(cycle)
    if decision is None or runtime.deployment.id is None:
        command = approve_command(cycle.root, cycle.number)
        log().info("approve: the candidate waits for a person: %s", command)
        return None
    form = Answer.with_initial_data(description=decision.summary)
    hours = cycle.policy.approval_hours
    return suspend_flow_run(
        wait_for_input=form,
        timeout=None if hours is None else round(hours * 3600),
        key=f"approval-{str(decision.candidate.sha256)[:12]}",
    )


def resume_suspended(cycle: Cycle, answer: Mapping[str, Any]) -> int:
    """Let the suspended runs of a cycle go on with this answer; return their number.

    The workspace has it already: a server that is away leaves them suspended and is no failure.
    """
    if not PREFECT_API_URL.value():
        return 0
    try:
        with get_client(sync_client=True) as client:
            waiting = [run for run in _all_suspended(client) if is_of(run, cycle)]
        for run in waiting:
            resume_flow_run(run.id, run_input=dict(answer))
    except (httpx.HTTPError, PrefectException) as error:
        log().warning("approve: a suspended run could not be resumed: %s", type(error).__name__)
        return 0
    return len(waiting)


def _all_suspended(client: SyncPrefectClient) -> list[FlowRun]:
    """Read every suspended run of the server, which answers with 200 at a time."""
    found: list[FlowRun] = []
    order = FlowRunSort.ID_DESC
    while page := client.read_flow_runs(flow_run_filter=SUSPENDED, sort=order, offset=len(found)):
        found += page
    return found


def is_of(run: FlowRun, cycle: Cycle) -> bool:
    """Whether a flow run works on this cycle, by its parameters."""
    root = run.parameters.get("workspace")
    same = root is not None and Path(str(root)).resolve() == cycle.root
    given = run.parameters.get("cycle")  # without a number, the cycle that the run is tagged with
    number = f"{CYCLE_TAG}{given}" if given else None
    return same and f"{CYCLE_TAG}{cycle.number}" in (number, *run.tags)
