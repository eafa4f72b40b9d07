"""flywheel-cycle: one crank of the flywheel.

    python -m flows.cycle --workspace runs/demo --cycle 1

gate → split → boost → sft → transcribe → score → decide. Run it again after any interruption: finished
stages are reused, and a decided cycle whose inputs have not changed is left as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import BeforeValidator, Field, PositiveInt

from flows.approve import take_answer
from tasks.arms import compare_arms, describe_arms
from tasks.boost import boost_comparison
from tasks.decide import asks_for_acceptance, decide_cycle
from tasks.domain.policy import Policy, Stage
from tasks.gate import check_gate
from tasks.logs import log
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name, tag_run
from tasks.orchestration.run_policy import given_policy, policy_of_run
from tasks.orchestration.server import on_prefect
from tasks.orchestration.stage import stage_count
from tasks.orchestration.states import cycle_state
from tasks.orchestration.suspended import ask_for_approval
from tasks.orchestration.terminal import terminal_summary
from tasks.orchestration.tracking import track_cycle
from tasks.orchestration.work_pool import check_pool
from tasks.score import score_candidate
from tasks.sft import check_trainable, fine_tune
from tasks.split import split_rows
from tasks.transcribe import transcribe_acceptance, transcribe_baseline, transcribe_rows
from tasks.workspace.approval import awaits_approval
from tasks.workspace.inputs import open_cycle, policy_over_file
from tasks.workspace.locks import running
from tasks.workspace.paths import Cycle, is_finished
from tasks.workspace.repair import set_aside_damaged

LastStage = Annotated[Stage, BeforeValidator(lambda given: given or "decide")]  # None: all


@flow(name="flywheel-cycle", flow_run_name=run_name("{name}-cycle-{cycle}"))
def flywheel_cycle(
    workspace: Path,
    cycle: int = 1,
    policy: Policy | None = None,
    stop_after: LastStage = "decide",
    pool: str | None = None,
    shards: PositiveInt = 1,
) -> State[dict[str, Any]]:
    """Turn one crank: gate → split → boost → sft → transcribe → score → decide.

    Args:
        workspace: folder that holds flywheel.yaml, general.jsonl and the cycle folders.
        cycle: number of the cycle to run; of cycle 1 the manifest is cycle1/manifest.jsonl.
        policy: settings of this run alone, put over the workspace's flywheel.yaml.
        stop_after: the last stage to run.
        pool: work pool whose deployments of sft and transcribe, named after it, do the GPU work;
            without one it is done here.
        shards: parts that each decoding is divided into, for several workers of the pool.
    """
    opened = open_cycle(workspace, cycle, policy_of_run(workspace, policy))
    if not is_finished(opened):
        if pool is not None:
            check_pool(pool)
        tag_run(opened)
        with running(opened):
            for done in crank(opened, pool, shards, stop_after):
                if done == stop_after:
                    break
    if awaits_approval(opened) and (answer := ask_for_approval(opened)):
        take_answer(opened, answer)
    return cycle_state(opened, stop_after)


def crank(
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
    if not gate.passed:
        return
    split_rows(cycle)
    yield "split"
    boosted = boost_comparison(cycle, pool, shards)
    yield "boost"
    if not boosted.is_candidate:
        fine_tune(cycle, pool)
        if cycle.policy.arms:
            compare_arms(cycle, pool, shards)
    yield "sft"
    transcribe_rows(cycle, pool, shards)
    yield "transcribe"
    score_candidate(cycle)
    yield "score"
    if asks_for_acceptance(cycle):
        transcribe_acceptance(cycle, pool, shards)
    decide_cycle(cycle)
    if cycle.policy.arms and cycle.policy.arms.describe and not boosted.is_candidate:
        describe_arms(cycle, pool, shards)
        decide_cycle(cycle)  # the same verdict, with what the other arms would have given
    yield "decide"


class CycleFlags(Flags):
    """Run one cycle of the flywheel: gate, split, boost, sft, transcribe, score, decide."""

    workspace: Path = Field(description="Folder of the flywheel: policy, guard set, cycles")
    cycle: int = Field(ge=1, description="Number of the cycle to run")
    policy: Path | None = Field(
        None, description="YAML settings of this run, put over flywheel.yaml of the workspace"
    )
    stop_after: Stage | None = Field(None, description="Last stage to run")
    pool: str | None = Field(None, description="Work pool for sft and transcribe; default: here")
    shards: PositiveInt = Field(1, description="Parts that each decoding is divided into")
    repair: bool = Field(
        False,
        description="Set a damaged ledger, champion or decision aside first, and say what is lost",
    )


def run(flags: CycleFlags) -> str:
    """Check the input, then run the flow unless the cycle is decided; give what to print."""
    given = given_policy(flags.policy)
    if flags.repair:
        repair(flags.workspace, flags.cycle)
    opened = open_cycle(flags.workspace, flags.cycle, policy_over_file(flags.workspace, given)[0])
    before = stage_count(opened)
    if is_finished(opened):
        track_cycle(opened)
        again = "Nothing to do: this cycle is decided for these inputs."
        return f"{again}\n\n{terminal_summary(opened, before, None)}"
    last = flags.stop_after or "decide"
    with on_prefect(lambda: is_finished(opened)):
        flywheel_cycle(opened.root, flags.cycle, given, last, flags.pool, flags.shards)
    return terminal_summary(opened, before, flags.stop_after)


def repair(workspace: Path, cycle: int) -> None:
    """Set aside what is damaged, and warn of what is lost."""
    if workspace.is_dir():
        for lost in set_aside_damaged(workspace, cycle):
            log().warning("%s", lost)


if __name__ == "__main__":
    sys.exit(run_command(CycleFlags, run))
