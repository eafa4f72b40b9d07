"""check-served: compare the kept model, as it is served or exported, with itself offline.

    flywheel hand-off W --check --endpoint localhost:50051

The deployment check-served/nightly does it on a schedule.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    from tasks.orchestration.command import not_a_command

    sys.exit(
        not_a_command(
            "flows.check_served is a check of a hand-off: flywheel hand-off W --check starts it, and so "
            "does prefect deployment run check-served/nightly."
        )
    )

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import PositiveInt

from tasks.check_served import check_served, served_cycle, served_source
from tasks.orchestration.names import cycle_tags, run_name, tag_run
from tasks.orchestration.run_policy import HostPath, RunSettings, policy_of_run
from tasks.orchestration.states import served_state
from tasks.workspace.open import open_cycle


@flow(name="check-served", flow_run_name=run_name("check-served-{name}"))
def check_served_model(
    workspace: HostPath,
    cycle: PositiveInt | None = None,
    endpoint: str | None = None,
    model: HostPath | None = None,
    hypotheses: HostPath | None = None,
    policy: RunSettings | None = None,
) -> State[dict[str, Any]]:
    """Compare what is served, or what was exported, with what was decoded offline.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose candidate was kept; empty: that of the champion.
        endpoint: host:port of a Riva or NIM server; empty: ASR_ENDPOINT. Every clip is sent to it.
        model: an exported .nemo file, which is decoded here.
        hypotheses: what another runtime transcribed of these rows.
        policy: the settings of its run, where the cycle was decided under some of its own.
    """
    number = served_cycle(workspace, cycle)
    tag_run(cycle_tags(workspace, number, policy))
    source = served_source(endpoint, model, hypotheses)
    opened = open_cycle(workspace, number, policy_of_run(workspace, policy))
    return served_state(opened, check_served(opened, source))
