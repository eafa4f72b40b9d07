"""make-general: speak the general English that a candidate must not get worse on, and that it replays.

    python -m flows.general --workspace my-flywheel

For a workspace without general.jsonl or replay.jsonl; one that is there is left as it is.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.commands.general import main

    sys.exit(main())

from dataclasses import asdict
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import NonNegativeInt

from tasks.general import make_general
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
