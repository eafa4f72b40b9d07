"""The command `flywheel general`: its flags, and what it does."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from pydantic import Field, NonNegativeInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class GeneralFlags(Flags):
    """Speak a guard set and a replay set of general English, each unless the workspace has it."""

    workspace: Path = Field(description="Folder of the flywheel")
    text: tuple[Path, ...] = Field(
        (), description="Text files to take sentences from; default: 3,000 of the project's own"
    )
    guard: NonNegativeInt = Field(1_500, description="Clips of general.jsonl")
    replay: NonNegativeInt = Field(1_000, description="Clips of replay.jsonl")
    acceptance: NonNegativeInt = Field(
        0, description="Rows of each term of terms.csv in acceptance.jsonl; 0: none is made"
    )


def run(flags: GeneralFlags) -> CommandResult:
    """Speak them without a Prefect server, and return what was made."""
    from tasks.acceptance import make_acceptance
    from tasks.general import make_general
    from tasks.orchestration.bars import bars

    with bars():
        made = make_general(flags.workspace, flags.text, flags.guard, flags.replay)
        text, record = made.text, asdict(made)
        if flags.acceptance:
            accepted = make_acceptance(flags.workspace, flags.acceptance)
            text, record = f"{text}\n{accepted.text}", record | {"acceptance": asdict(accepted)}
    return CommandResult(text.strip(), record)
