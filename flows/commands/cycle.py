"""The command `flywheel cycle`: its flags, and what it does."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

from tasks.domain.progress import Stage
from tasks.logs import log
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags

if TYPE_CHECKING:
    from tasks.workspace.cycle import Cycle

EXIT_CODES = {"keep": 0, "grow": 10, "reject": 11, "gate": 12}  # of --exit-code, by outcome
SEARCH_AFTER = 500_000  # new objects: after Python's 700 it would pass all rows again and again


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
        description="Set a damaged ledger, champion or decision aside first, and list what is lost",
    )
    exit_code: bool = Field(
        False, description="Exit with 0 for keep, 10 for grow, 11 for reject, 12 for a gate stop"
    )
    reread: bool = Field(
        False, description="Read every clip again, also those that are unchanged since the last run"
    )


def run(flags: CycleFlags) -> CommandResult:
    """Check the input, then run the flow unless the cycle is decided."""
    from tasks.orchestration.run_policy import given_policy, run_settings
    from tasks.orchestration.summaries import terminal_summary
    from tasks.orchestration.tracking import track_cycle
    from tasks.workspace.cycle import is_finished
    from tasks.workspace.decoded import baseline_is_given
    from tasks.workspace.locks import running
    from tasks.workspace.manifests import forget_clips
    from tasks.workspace.open import open_cycle, policy_over_file
    from tasks.workspace.times import stage_count

    gc.set_threshold(SEARCH_AFTER)
    given = given_policy(flags.policy)
    if flags.repair:
        repair(flags.workspace, flags.cycle)
    if flags.reread:
        forget_clips(flags.workspace)
    opened = open_cycle(flags.workspace, flags.cycle, policy_over_file(flags.workspace, given)[0])
    before = stage_count(opened)
    if is_finished(opened):
        track_cycle(opened)
        again = "Nothing to do: this cycle is decided for these inputs."
        return _result(flags, f"{again}\n\n{terminal_summary(opened, before, None)}", opened)
    if flags.pool is None and opened.benchmark and not baseline_is_given(opened):
        from tasks.jobs.runner import import_ahead

        import_ahead()
    from flows.cycle import flywheel_cycle
    from tasks.orchestration.server import on_prefect
    from tasks.orchestration.work_pool import check_pool

    last = flags.stop_after or "decide"
    with on_prefect(lambda: is_finished(opened)):
        if flags.pool is not None:
            check_pool(flags.pool)
        with running(
            opened
        ):  # a second command on this cycle fails here, before it asks the server for a run
            if not is_finished(opened):  # by who came first
                settings = run_settings(given)
                flywheel_cycle(opened.root, flags.cycle, settings, last, flags.pool, flags.shards)
    return _result(flags, terminal_summary(opened, before, flags.stop_after), opened)


def _result(flags: CycleFlags, text: str, cycle: Cycle) -> CommandResult:
    from tasks.orchestration.summaries import cycle_record

    record = cycle_record(cycle)
    code = EXIT_CODES.get(str(record["outcome"]), 0) if flags.exit_code else 0
    return CommandResult(text, record, code)


def repair(workspace: Path, cycle: int) -> None:
    """Set aside what is damaged, and warn of what is lost."""
    from tasks.repair import set_aside_damaged

    if workspace.is_dir():
        for lost in set_aside_damaged(workspace, cycle):
            log().warning("%s", lost)
