"""flywheel-cycle: run one cycle.

    flywheel cycle runs/demo 1

gate → split → boost → sft → transcribe → score → decide. Run it again after any interruption: finished
stages are reused, and a decided cycle whose inputs have not changed is left as it is.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("cycle"))

from collections.abc import Iterator
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import BeforeValidator, PositiveInt

from flows.approve import take_answer
from tasks.arms import compare_arms, describe_arms
from tasks.boost import boost_comparison, judge_boosted
from tasks.decide import DecideSummary, asks_for_acceptance, decide_cycle
from tasks.domain.progress import Stage
from tasks.gate import check_gate
from tasks.jobs.decodings import after_training
from tasks.jobs.training import check_trainable
from tasks.orchestration.names import cycle_of_run, cycle_tags, run_name, tag_run
from tasks.orchestration.progress import cycle_shown
from tasks.orchestration.run_policy import HostPath, RunSettings, policy_of_run
from tasks.orchestration.states import cycle_state
from tasks.orchestration.suspended import ask_for_approval
from tasks.orchestration.work_pool import check_pool
from tasks.score import score_candidate
from tasks.sft import fine_tune
from tasks.split import split_rows
from tasks.transcribe import transcribe_acceptance, transcribe_baseline, transcribe_rows
from tasks.workspace.approval import awaits_approval
from tasks.workspace.comparison import anchor_system
from tasks.workspace.cycle import Cycle, is_finished
from tasks.workspace.locks import running
from tasks.workspace.manifests import remember_clips
from tasks.workspace.open import open_cycle

LastStage = Annotated[Stage, BeforeValidator(lambda given: given or "decide")]  # None: all


@flow(name="flywheel-cycle", flow_run_name=run_name("{name}-cycle-{cycle}"))
def flywheel_cycle(
    workspace: HostPath,
    cycle: PositiveInt | None = None,
    policy: RunSettings | None = None,
    stop_after: LastStage = "decide",
    pool: str | None = None,
    shards: PositiveInt = 1,
) -> State[dict[str, Any]]:
    """Run one cycle: gate → split → boost → sft → transcribe → score → decide.

    Args:
        workspace: folder that holds flywheel.yaml, general.jsonl and the cycle folders; in a form its
            absolute path.
        cycle: number of the cycle to run; empty: the next that is due, else the last.
        policy: settings of this run alone, put over the workspace's flywheel.yaml.
        stop_after: the last stage to run.
        pool: work pool whose deployments of sft and transcribe, named after it, do the GPU work;
            without one it is done here.
        shards: parts that each decoding is divided into, for several workers of the pool.
    """
    number = cycle_of_run(workspace, cycle)
    tag_run(cycle_tags(workspace, number, policy))
    opened = open_cycle(workspace, number, policy_of_run(workspace, policy))
    if not is_finished(opened):
        anchor_system(opened)  # a first base that is gone is a fault of the input
        if pool is not None:
            check_pool(pool)
        with running(opened), cycle_shown(opened):
            remember_clips(opened.root)
            for done in run_stages(opened, pool, shards, stop_after):
                if done == stop_after:
                    break
    if awaits_approval(opened) and (answer := ask_for_approval(opened)):
        take_answer(opened, answer)
    return cycle_state(opened, stop_after)


def run_stages(
    cycle: Cycle, pool: str | None, shards: int, stop_after: Stage | None = None
) -> Iterator[Stage]:
    """Run the stages of a cycle in order, naming each that is done."""
    gate = check_gate(cycle)
    if gate.passed or gate.decodes_first(cycle):
        check_trainable(cycle, pool, stop_after)
    if gate.decodes_first(cycle):
        transcribe_baseline(cycle, pool, shards)
        gate = check_gate(cycle)
    yield "gate"
    if gate.unconfirmed and stop_after != "split":  # which spends nothing
        transcribe_baseline(cycle, pool, shards)
        gate = check_gate(cycle)
    if not gate.passed:
        return
    split_rows(cycle)
    yield "split"
    boosted = boost_comparison(cycle, pool, shards)
    yield "boost"
    if not boosted.is_candidate:
        decodes = shards == 1 and (cycle.policy.arms is not None or stop_after != "sft")
        fine_tune(cycle, pool, after_training if decodes else None)
        if cycle.policy.arms:
            compare_arms(cycle, pool, shards)
    yield "sft"
    transcribe_rows(cycle, pool, shards)
    yield "transcribe"
    score_candidate(cycle)
    yield "score"
    if _decided(cycle, pool, shards).judges_boosted:
        judge_boosted(cycle)
        transcribe_rows(cycle, pool, shards)
        score_candidate(cycle)
        _decided(cycle, pool, shards)
    elif cycle.policy.arms and cycle.policy.arms.describe and not boosted.is_candidate:
        describe_arms(cycle, pool, shards)
        decide_cycle(cycle)  # the same verdict, with what the other arms would have given
    yield "decide"


def _decided(cycle: Cycle, pool: str | None, shards: int) -> DecideSummary:
    if asks_for_acceptance(cycle):
        transcribe_acceptance(cycle, pool, shards)
    return decide_cycle(cycle)
