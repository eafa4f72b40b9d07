"""make-general: speak the general English that a candidate must not get worse on, and that it replays.

    flywheel general my-flywheel

For a workspace without general.jsonl or replay.jsonl, or with --acceptance without acceptance.jsonl; one
that is there is left as it is.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("general"))

from dataclasses import asdict
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import NonNegativeInt

from tasks.acceptance import make_acceptance
from tasks.general import make_general
from tasks.orchestration.names import run_name
from tasks.orchestration.run_policy import HostPath


@flow(name="make-general", flow_run_name=run_name("general-{name}"))
def general_speech(
    workspace: HostPath,
    text: tuple[HostPath, ...] = (),
    guard: NonNegativeInt = 1_500,
    replay: NonNegativeInt = 1_000,
    acceptance: NonNegativeInt = 0,
) -> State[dict[str, Any]]:
    """Speak a guard set and a replay set, each unless the workspace has it.

    Args:
        workspace: folder of the flywheel.
        text: files of general English to take sentences from; without any, the project's own.
        guard: clips of general.jsonl.
        replay: clips of replay.jsonl.
        acceptance: rows of each term of terms.csv in acceptance.jsonl; 0: none is made.
    """
    made = make_general(workspace, text, guard, replay)
    data, message = asdict(made), made.text
    if acceptance:
        accepted = make_acceptance(workspace, acceptance)
        data["acceptance"], message = asdict(accepted), f"{message}\n{accepted.text}"
    return Completed(message=message, data=data)
