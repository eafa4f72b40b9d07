"""make-general: speak the general English that a candidate must not get worse on, and that it replays.

    python -m flows.general --workspace my-flywheel

For a workspace without general.jsonl or replay.jsonl; one that is there is left as it is.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field, NonNegativeInt

from tasks.general import make_general
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name


@flow(name="make-general", flow_run_name=run_name("general-{name}"))
def general_speech(
    workspace: Path,
    text: tuple[Path, ...] = (),
    guard: NonNegativeInt = 1_500,
    replay: NonNegativeInt = 1_000,
) -> State[dict[str, Any]]:
    """Speak a guard set and a replay set, each unless the workspace has it.

    Args:
        workspace: folder of the flywheel.
        text: files of general English to take sentences from; without any, the project's own.
        guard: clips of general.jsonl.
        replay: clips of replay.jsonl.
    """
    made = make_general(workspace, text, guard, replay)
    return Completed(name="Spoken", message=made.text, data=asdict(made))


class GeneralFlags(Flags):
    """Speak a guard set and a replay set of general English, each unless the workspace has it."""

    workspace: Path = Field(description="Folder of the flywheel")
    text: tuple[Path, ...] = Field(
        (), description="Text files to take sentences from; default: 3,000 of the project's own"
    )
    guard: NonNegativeInt = Field(1_500, description="Clips of general.jsonl")
    replay: NonNegativeInt = Field(1_000, description="Clips of replay.jsonl")


def run(flags: GeneralFlags) -> str:
    """Speak them without a Prefect server, and say what was made."""
    return make_general(flags.workspace, flags.text, flags.guard, flags.replay).text


if __name__ == "__main__":
    sys.exit(run_command(GeneralFlags, run))
