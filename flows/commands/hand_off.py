"""The command `flywheel hand-off`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PositiveInt

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class HandOffFlags(Flags):
    """Hand on the model that a cycle kept (--out), or check a server that has it (--check)."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose candidate was kept")
    out: Path | None = Field(None, description="Folder for model, card, phrases and commands")
    check: str | None = Field(None, description="host:port of a server; clips are sent to it")
    policy: Path | None = Field(
        None, description="The --policy that the cycle was run with, where it had one"
    )


def run(flags: HandOffFlags) -> CommandResult:
    """Check the input before Prefect starts, then run the flow."""
    from tasks.hand_off import check_kept
    from tasks.orchestration.run_policy import given_policy, run_settings
    from tasks.workspace.open import open_cycle, policy_over_file

    if flags.out is None and flags.check is None:
        raise InvalidInput([Fault("expected one of the two", "--out, --check")])
    if flags.check is not None and not flags.check.rpartition(":")[2].isdigit():
        raise InvalidInput([Fault(f"expected host:port; got {flags.check!r}", "--check")])
    given = given_policy(flags.policy)
    standing = policy_over_file(flags.workspace, given)[0]
    check_kept(open_cycle(flags.workspace, flags.cycle, standing), flags.out)
    from flows.hand_off import hand_off_model
    from tasks.orchestration.server import on_prefect

    asked = flags.model_dump(exclude={"policy", "as_json"})
    with on_prefect():
        state = hand_off_model(**asked, policy=run_settings(given), return_state=True)
        state.result()
    record = {"cycle": flags.cycle, "out": str(flags.out) if flags.out else None}
    return CommandResult(state.message or "", record | {"message": state.message})
