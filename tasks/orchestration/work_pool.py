"""Hand GPU work to a deployment of a work pool, and find it again after a crash of this side.

The key of a child run is made of what it works on, not of who asked: a cycle that is started again
after any crash attaches to the child that is still at work, and runs one that failed once more.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun
from prefect.deployments import run_deployment
from prefect.states import Scheduled

from tasks.domain.jobs import JobFailed
from tasks.orchestration.stage import log
from tasks.workspace.paths import Cycle, digest

POLL_SECONDS = 2.0
SAY_SECONDS = 60.0
OUTAGE_SECONDS = 600.0


def parameters(cycle: Cycle, **more: Any) -> dict[str, Any]:
    """What a child needs to open the same cycle, the policy spelled out as the parent read it."""
    policy = cycle.policy.model_dump(mode="json")
    return {"workspace": str(cycle.root), "cycle": cycle.number, "policy": policy, **more}


def run_in_pool(
    name: str, pool: str, cycle: Cycle, children: Mapping[Path, Mapping[str, Any]]
) -> None:
    """Run the deployment `name/pool` once for each of `children`: the file it leaves → parameters.

    All are submitted, then all are waited for. Raises JobFailed with the first failure, and when a
    child ended well but its file cannot be seen from here.
    """
    submitted = [
        _submit(f"{name}/{pool}", parameters(cycle, **extra), digest(str(path)))
        for path, extra in children.items()
    ]
    _wait(f"{name}/{pool}", submitted)
    lost = next((path for path in children if not path.exists()), None)
    if lost:
        raise JobFailed(
            f"{name} finished, but {lost} is not there: do all workers see one workspace?"
        )


def _submit(deployment: str, values: dict[str, Any], key: str) -> UUID:
    """Find or make the run of this work; one that failed is scheduled again.

    One that was cancelled is replaced: Prefect would cancel it again.
    """
    run = run_deployment(deployment, parameters=values, timeout=0, idempotency_key=key)
    assert isinstance(run, FlowRun)
    if run.state is not None and (run.state.is_cancelled() or run.state.is_cancelling()):
        return _submit(deployment, values, digest(key, str(run.id)))
    if run.state is not None and run.state.is_final():  # it was tried before, and is not done
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run.id, Scheduled(name="AwaitingRetry"), force=True)
    log().info("%s: run %s (%s)", deployment, run.name, run.id)
    return run.id


def _wait(deployment: str, runs: Sequence[UUID]) -> None:
    """Wait until every run is final; the server may be away for ten minutes."""
    waiting = list(runs)
    said = seen = time.monotonic()
    with get_client(sync_client=True) as client:
        while waiting:
            try:
                found = [client.read_flow_run(run) for run in waiting]
                seen = time.monotonic()
            except httpx.TransportError:
                if time.monotonic() - seen > OUTAGE_SECONDS:
                    raise
                time.sleep(POLL_SECONDS)
                continue
            for run in found:
                if run.state is not None and run.state.is_final():
                    waiting.remove(run.id)
                    if not run.state.is_completed():
                        raise JobFailed(
                            f"{deployment}: run {run.name} {run.state.name.lower()}: "
                            f"{run.state.message or 'no message'}",
                            retryable=run.state.is_crashed(),
                        )
            if waiting and time.monotonic() - said >= SAY_SECONDS:
                states = ", ".join(f"{run.name} {run.state_name}" for run in found)
                log().info("%s: waiting for %s", deployment, states)
                said = time.monotonic()
            if waiting:
                time.sleep(POLL_SECONDS)
