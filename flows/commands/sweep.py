"""The command `flywheel sweep`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field, PositiveInt

from tasks.orchestration.command import FAILED, CommandResult
from tasks.orchestration.flags import Flags


class SweepFlags(Flags):
    """Run every cycle of these workspaces that has a manifest and is not decided for its inputs."""

    positional: ClassVar[tuple[str, ...]] = ("workspaces",)

    workspaces: tuple[Path, ...] = Field(description="Folders of flywheels, in this order")
    pool: str | None = Field(None, description="Work pool for sft and transcribe; default: here")
    shards: PositiveInt = Field(1, description="Parts that each decoding is divided into")
    advance: bool = Field(
        False, description="Build the next cycle after a verdict grow, until the policy's limits"
    )


def run(flags: SweepFlags) -> CommandResult:
    """Run the flow, then list every cycle; exit with 1 where one failed, after all were tried."""
    from flows.sweep import flywheel_sweep
    from tasks.orchestration.server import on_prefect
    from tasks.orchestration.sweep import looked_at

    with on_prefect():
        state = flywheel_sweep(
            list(flags.workspaces), flags.pool, flags.shards, flags.advance, return_state=True
        )
    cycles = [one for root in flags.workspaces for one in looked_at(root)]
    lines = [f"{one.workspace}, cycle {one.cycle}: {one.outcome}" for one in cycles]
    found = [
        {"workspace": str(one.workspace), "cycle": one.cycle, "outcome": one.outcome}
        for one in cycles
    ]
    record = {"message": state.message, "cycles": found}
    code = 0 if state.is_completed() else FAILED
    return CommandResult("\n".join([*lines, "", state.message or ""]), record, code)
