"""Hand GPU work to a deployment of a work pool, and find it again after a crash of this side.

The key of a child run is made of what it works on, not of who asked: a cycle that is started again
after any crash attaches to the child that is still at work, and runs one that failed once more.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterType,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.states import Scheduled

from tasks.domain.errors import Fault, InvalidInput, PoolFailed
from tasks.domain.jobs import ChildRun
from tasks.domain.progress import Progress
from tasks.logs import log, report
from tasks.orchestration.names import child_name, cycle_tags
from tasks.records.files import digest
from tasks.workspace.cycle import Cycle

POLL_SECONDS = 2.0  # of long runs; short ones are asked about more often
FIRST_POLL_SECONDS = 0.25
POLLS_OF_A_WAIT = (
    20  # at least, of the time that was waited: a run that took a minute ended 3 s ago
)
PROGRESS_SECONDS = 5.0
REPORT_SECONDS = 60.0
OUTAGE_SECONDS = 600.0
WAITS = "AwaitingConcurrencySlot"
WRAPPED = re.compile(r"^Flow run encountered an exception: \w+: ")  # around our own sentence


def check_pool(pool: str) -> None:
    """Raise InvalidInput unless the server has the deployments that do a cycle's work in this pool."""
    faults = []
    with get_client(sync_client=True) as client:
        for deployment in (f"sft/{pool}", f"transcribe/{pool}"):
            try:
                client.read_deployment_by_name(deployment)
            except ObjectNotFound:
                sentence = f"expected the deployment {deployment} on {client.api_url}; it has none"
                faults.append(Fault(sentence, "--pool"))
    if faults:
        raise InvalidInput(faults)


def submitter(
    name: str, pool: str | None, cycle: Cycle
) -> Callable[[Sequence[ChildRun]], None] | None:
    """Return a function that runs the deployment `name/pool` for a cycle; None without a pool."""
    return None if pool is None else partial(run_in_pool, name, pool, cycle)


def run_in_pool(name: str, pool: str, cycle: Cycle, children: Sequence[ChildRun]) -> None:
    """Run the deployment `name/pool` once for each of `children`.

    All are submitted, then all are waited for. Raises PoolFailed with the first failure, and when
    a child ended well but its files cannot be seen from here.
    """
    deployment = f"{name}/{pool}"
    caps = cycle.policy.cost.model_dump_json(exclude_defaults=True)
    known = [] if caps == "{}" else [caps]  # a child keeps the policy that it was made with
    runs = [
        _submit(
            deployment,
            child_name(name, cycle, child.words),
            cycle_tags(cycle.root, cycle.number, cycle.policy),
            flow_parameters(cycle, child),
            digest(child.identity, *known),
        )
        for child in children
    ]
    wait_for_runs(deployment, runs)
    leaves = [path for child in children for path in child.leaves]
    lost = next((path for path in leaves if not path.exists()), None)
    if lost:
        raise PoolFailed(
            f"{name} finished, but {lost} is not there: do all workers see one workspace?"
        )


def flow_parameters(cycle: Cycle, child: ChildRun) -> dict[str, Any]:
    """Return the parameters that open the same cycle in a child, with the policy that the parent read."""
    policy = cycle.policy.model_dump(mode="json")
    opened = {"workspace": str(cycle.root), "cycle": cycle.number, "policy": policy}
    return opened | dict(child.parameters)


def _submit(deployment: str, name: str, tags: list[str], values: dict[str, Any], key: str) -> UUID:
    """Find or make the run of this work; one that failed is scheduled again.

    One that was cancelled is replaced: Prefect would cancel it again.
    """
    run = run_deployment(
        deployment,
        parameters=values,
        timeout=0,
        idempotency_key=key,
        flow_run_name=name,
        tags=tags,
    )
    assert isinstance(run, FlowRun)
    if run.state is not None and (run.state.is_cancelled() or run.state.is_cancelling()):
        return _submit(deployment, name, tags, values, digest(key, str(run.id)))
    if run.state is not None and run.state.is_final():  # it was tried before, and is not done
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, Scheduled(name="AwaitingRetry"), force=True)
    log().info("%s: run %s (%s)", deployment, run.name, run.id)
    return run.id


def wait_for_runs(
    deployment: str, runs: Sequence[UUID], outage_seconds: float = OUTAGE_SECONDS
) -> None:
    """Wait until every run is final; the server may be away for `outage_seconds`.

    Raises PoolFailed with the first run that did not complete.
    """
    waiting = list(runs)
    began = last_report = last_answer = time.monotonic()
    last_progress = -math.inf
    with get_client(sync_client=True) as client:
        while waiting:
            try:
                found = [client.read_flow_run(run) for run in waiting]
            except httpx.TransportError:
                if time.monotonic() - last_answer > outage_seconds:
                    raise _unreachable(client, outage_seconds) from None
                time.sleep(min(POLL_SECONDS, outage_seconds))
                continue
            last_answer = time.monotonic()
            waiting = [run.id for run in found if not _completed(deployment, run)]
            if waiting and last_answer - last_progress >= PROGRESS_SECONDS:
                _name_the_wait(client, found)
                _report_progress(client, waiting)
                last_progress = last_answer
            if waiting and last_answer - last_report >= REPORT_SECONDS:
                states = ", ".join(f"{run.name} {run.state_name}" for run in found)
                log().info("%s: waiting for %s", deployment, states)
                last_report = last_answer
            if waiting:
                passed = last_answer - began
                poll = max(FIRST_POLL_SECONDS, passed / POLLS_OF_A_WAIT)
                time.sleep(min(POLL_SECONDS, poll))


def _name_the_wait(client: SyncPrefectClient, runs: Sequence[FlowRun]) -> None:
    """Let a run that waits for a slot of its pool show so; one that no worker takes becomes Late."""
    waiting = [run for run in runs if run.state_name in ("Scheduled", "Late")]
    try:
        for run in waiting:
            status = client.read_work_pool_concurrency_status(str(run.work_pool_name))
            limit = status.concurrency_limit
            if limit is not None and status.active_slots >= limit:
                client.set_flow_run_state(run.id, Scheduled(name=WAITS))
    except (httpx.HTTPError, PrefectException):  # it is shown, and nothing depends on it
        return


def _report_progress(client: SyncPrefectClient, runs: Sequence[UUID]) -> None:
    """Report as our own how far the children report to be: their mean, and the words of one."""
    try:
        found = client.read_artifacts(
            artifact_filter=ArtifactFilter(type=ArtifactFilterType(any_=["progress"])),
            flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=list(runs))),
        )
    except httpx.HTTPError:  # it is shown, and nothing depends on it
        return
    if found:
        percent = sum(float(cast(float, one.data or 0)) for one in found) / len(runs)
        _, _, words = str(found[0].description).partition(": ")
        many = f"one of {len(runs)} runs: " if len(runs) > 1 else ""
        report(Progress(done=round(percent), total=100, note=many + words))


def _unreachable(client: SyncPrefectClient, seconds: float) -> PoolFailed:
    return PoolFailed(
        f"the Prefect server at {client.api_url} has not answered for {seconds:g} s: start it "
        "and rerun the cycle to resume; work that still runs is used",
    )


def _completed(deployment: str, run: FlowRun) -> bool:
    """Return whether a run is complete; raise PoolFailed when it ended otherwise."""
    state = run.state
    if state is None or not state.is_final():
        return False
    if not state.is_completed():
        outcome = (state.name or state.type.value).lower()
        sentence = WRAPPED.sub("", state.message or "no message")
        raise PoolFailed(
            f"{deployment}: run {run.name} {outcome}: {sentence}",
            retryable=state.is_crashed(),
        )
    return True
