"""flywheel-cycle: one crank of the flywheel.

    python -m flows.cycle --workspace runs/demo --cycle 1

gate → split → sft → transcribe → score → decide. Run it again after any interruption: finished
stages are reused, and a decided cycle whose inputs have not changed is left as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field, PositiveInt

from tasks.decide import decide_cycle
from tasks.domain.manifest import InvalidInput
from tasks.domain.policy import Policy, Stage
from tasks.gate import check_gate
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.stage import stage_times
from tasks.orchestration.states import cycle_state, terminal_summary
from tasks.score import score_candidate
from tasks.sft import fine_tune
from tasks.split import split_rows
from tasks.transcribe import transcribe_baseline, transcribe_rows
from tasks.workspace.inputs import open_cycle, read_policy
from tasks.workspace.locks import running
from tasks.workspace.paths import decided

STAGES = {
    "split": split_rows,
    "sft": fine_tune,
    "transcribe": transcribe_rows,
    "score": score_candidate,
    "decide": decide_cycle,
}


@flow(name="flywheel-cycle", flow_run_name="cycle-{cycle}")
def flywheel_cycle(
    workspace: Path,
    cycle: int = 1,
    policy: Policy | None = None,
    stop_after: Stage | None = None,
    pool: str | None = None,
    shards: PositiveInt = 1,
) -> State[dict[str, Any]]:
    """Turn one crank: gate → split → sft → transcribe → score → decide.

    Args:
        workspace: folder that holds flywheel.yaml, general.jsonl and the cycle folders.
        cycle: the cycle to run; its manifest is cycle<N>/manifest.jsonl.
        policy: replaces the workspace's flywheel.yaml.
        stop_after: the last stage to run.
        pool: work pool whose deployments sft/<pool> and transcribe/<pool> do the GPU work; without
            one it is done here.
        shards: parts that each decoding is cut into, for several workers of the pool.
    """
    opened = open_cycle(workspace, cycle, policy)
    if decided(opened):
        return cycle_state(opened)
    gpu = {"sft": (pool,), "transcribe": (pool, shards)}
    with running(opened):
        gate = check_gate(opened)
        if gate["route"] == "evaluate" and opened.policy.decode_baseline:
            transcribe_baseline(opened, pool, shards)
            gate = check_gate(opened)
        for name in through(stop_after) if gate["passed"] else ():
            STAGES[name](opened, *gpu.get(name, ()))
    return cycle_state(opened, stop_after)


def through(last: Stage | None) -> list[str]:
    """The stages after the gate, up to and with the last one asked for."""
    names = list(STAGES)
    if last is None:
        return names
    return names[: names.index(last) + 1] if last in STAGES else []


class CycleFlags(Flags):
    """Run one cycle of the flywheel: gate, split, sft, transcribe, score, decide."""

    workspace: Path = Field(description="Folder of the flywheel: policy, guard set, cycles")
    cycle: int = Field(ge=1, description="Number of the cycle to run")
    policy: Path | None = Field(
        None, description="YAML policy; default: flywheel.yaml of the workspace"
    )
    stop_after: Stage | None = Field(None, description="Last stage to run")
    pool: str | None = Field(None, description="Work pool for sft and transcribe; default: here")
    shards: PositiveInt = Field(1, description="Parts that each decoding is cut into")


def run(flags: CycleFlags) -> str:
    """Check the input, then run the flow unless the cycle is decided; give what to print."""
    policy = chosen_policy(flags.policy)
    opened = open_cycle(flags.workspace, flags.cycle, policy)
    if decided(opened):
        again = "Nothing to do: this cycle is decided for these inputs."
        return f"{again}\n\n{terminal_summary(opened, sys.maxsize, None)}"
    before = len(stage_times(opened))
    flywheel_cycle(opened.root, flags.cycle, policy, flags.stop_after, flags.pool, flags.shards)
    return terminal_summary(opened, before, flags.stop_after)


def chosen_policy(path: Path | None) -> Policy | None:
    """Read the policy a command names; None leaves the choice to the workspace."""
    if path is None:
        return None
    if not path.is_file():
        raise InvalidInput([f"--policy: expected a YAML file; {path} does not exist"])
    policy, faults = read_policy(path)
    if faults:
        raise InvalidInput(faults)
    return policy


if __name__ == "__main__":
    sys.exit(run_command(CycleFlags, run))
