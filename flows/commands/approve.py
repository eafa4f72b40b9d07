"""The command `flywheel approve`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt

from tasks.domain.words import Words
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class ApproveFlags(Flags):
    """Approve a kept candidate as the champion, or refuse it; the ledger records who, when and why."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose candidate waits")
    decision: Literal["yes", "no"] = Field(description="yes: it becomes the champion")
    reviewer: Words = Field(description="Your name")
    reason: Words = Field(description="Why; written to ledger, report and champion")
    override: bool = Field(
        False,
        description="Approve although the verdict is not keep, where only small evidence is why",
    )
    policy: Path | None = Field(
        None, description="The --policy that the cycle was run with, where it had one"
    )
    pool: str | None = Field(
        None, description="Work pool that decodes acceptance.jsonl before an override"
    )


def run(flags: ApproveFlags) -> CommandResult:
    """Check the answer before Prefect starts, record it, and return the decision that is now in force."""
    from tasks.approve import check_answer
    from tasks.orchestration.run_policy import given_policy, run_settings
    from tasks.orchestration.suspended import Answer
    from tasks.workspace.cycle import decision_of
    from tasks.workspace.open import open_cycle, policy_over_file

    given = given_policy(flags.policy)
    in_force = policy_over_file(flags.workspace, given)[0]
    opened = open_cycle(flags.workspace, flags.cycle, in_force)
    answer = Answer(decision=flags.decision, reviewer=flags.reviewer, reason=flags.reason)
    check_answer(opened, answer, flags.override)
    from flows.approve import approve_candidate
    from tasks.orchestration.server import on_prefect

    with on_prefect():
        approve_candidate(
            **flags.model_dump(exclude={"policy", "as_json"}), policy=run_settings(given)
        )
    decided = decision_of(opened)
    assert decided is not None, "an answer decides again"
    text = f"{decided.reasons[-1]}\n{decided.next}"
    return CommandResult(text, decided.model_dump(mode="json", by_alias=True))
