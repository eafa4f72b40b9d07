"""flywheel-sweep: runs the cycles that are due, one after the other; on a schedule, or by hand.

flywheel sweep my-flywheel other-flywheel
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("sweep"))

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import PositiveInt

from flows.build import flywheel_build
from flows.cycle import flywheel_cycle
from tasks.advance import next_build, record_stop
from tasks.logs import reported_to_nobody
from tasks.orchestration.names import sweep_name, sweep_tags, tag_run
from tasks.orchestration.run_policy import HostPath
from tasks.orchestration.sweep import (
    check_workspaces,
    guarded,
    logged_statuses,
    status_after,
    status_of_build,
    sweep_state,
)
from tasks.workspace.status import CycleStatus, cycle_status

AT_ONCE = 4  # workspaces; more wait for the same GPUs, and for SQLite's one writer


@flow(name="flywheel-sweep", flow_run_name=sweep_name)
def flywheel_sweep(
    workspaces: list[HostPath],
    pool: str | None = None,
    shards: PositiveInt = 1,
    advance: bool = False,
) -> State[dict[str, Any]]:
    """Run every cycle that has a manifest and is not decided for its present inputs.

    With a pool, some workspaces are at work at once: while one waits for a GPU, others are checked,
    scored and decided. The cycles of a workspace follow each other.

    Args:
        workspaces: folders of flywheels, looked at in this order.
        pool: work pool that does the GPU work; without one it is done here.
        shards: parts that each decoding is divided into.
        advance: build the next cycle after a verdict grow, and run it, until the policy's limits.
    """
    check_workspaces(workspaces)
    tag_run(sweep_tags(workspaces))
    sweep_one = partial(_swept, pool=pool, shards=shards, advance=advance)
    if pool is None:
        return sweep_state([one for root in workspaces for one in sweep_one(root)])
    with reported_to_nobody(), ThreadPoolExecutor(AT_ONCE) as threads:  # of four bars none is read
        swept = [threads.submit(copy_context().run, sweep_one, root) for root in workspaces]
        return sweep_state([one for done in swept for one in done.result()])


def _swept(root: Path, pool: str | None, shards: int, advance: bool) -> list[CycleStatus]:
    """Run what is due in a workspace; return what became of each cycle."""
    found = [_run_if_due(one, pool, shards) for one in logged_statuses(root)]
    if advance and not (found and found[-1].failed):
        found += _advanced(root, pool, shards)
    return found


def _advanced(root: Path, pool: str | None, shards: int) -> list[CycleStatus]:
    """Build and run the cycles that follow from the ledger; return what became of each."""
    found: list[CycleStatus] = []
    built = 0
    while not (found and found[-1].failed):
        following = guarded(root, built, partial(_next_built, root, built))
        if not following:
            break
        found += [_run_if_due(one, pool, shards) for one in following]
        built = found[-1].cycle
    return found


def _next_built(root: Path, built: int) -> list[CycleStatus]:
    """Build the cycle that follows, where one does."""
    number = next_build(root, built).build
    return [] if number is None else [_built(root, number)]


def _built(root: Path, number: int) -> CycleStatus:
    """Build the benchmark of a cycle; the ledger records why where it cannot be."""
    state = flywheel_build(root, number, return_state=True)
    if state.is_completed():
        return cycle_status(root, number)
    failed = status_of_build(root, number, state)
    record_stop(root, number, failed.outcome)
    return failed


def _run_if_due(one: CycleStatus, pool: str | None, shards: int) -> CycleStatus:
    """Run a cycle that is due, and return what became of it."""
    if not one.due:
        return one
    return guarded(one.workspace, one.cycle, partial(_run, one, pool, shards))[0]


def _run(one: CycleStatus, pool: str | None, shards: int) -> list[CycleStatus]:
    state = flywheel_cycle(one.workspace, one.cycle, pool=pool, shards=shards, return_state=True)
    return [status_after(one, state)]
