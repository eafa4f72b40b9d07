"""Runs that wait for a person in Prefect, once that person has answered elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun
from prefect.exceptions import PrefectException
from prefect.flow_runs import resume_flow_run
from prefect.settings import PREFECT_API_URL

from tasks.logs import log
from tasks.workspace.paths import Cycle

SUSPENDED = FlowRunFilter.model_validate({"state": {"name": {"any_": ["Suspended"]}}})


def resume_suspended(cycle: Cycle, answer: Mapping[str, Any]) -> int:
    """Let the suspended runs of a cycle go on with this answer; give their number.

    The workspace has it already: a server that is away leaves them suspended and is no failure.
    """
    if not PREFECT_API_URL.value():
        return 0
    try:
        with get_client(sync_client=True) as client:
            found = client.read_flow_runs(flow_run_filter=SUSPENDED)
        waiting = [run for run in found if _is_of(run, cycle)]
        for run in waiting:
            resume_flow_run(run.id, run_input=dict(answer))
    except (httpx.HTTPError, PrefectException) as error:
        log().warning("approve: a suspended run could not be resumed: %s", type(error).__name__)
        return 0
    return len(waiting)


def _is_of(run: FlowRun, cycle: Cycle) -> bool:
    root = run.parameters.get("workspace")
    same = root is not None and Path(str(root)).resolve() == cycle.root
    return same and int(run.parameters.get("cycle", 1)) == cycle.number
