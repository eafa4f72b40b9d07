"""rollback-champion: make the champion of an earlier cycle the champion again.

flywheel rollback my-flywheel 1
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("rollback"))

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import NonNegativeInt

from tasks.orchestration.names import run_name
from tasks.orchestration.run_policy import HostPath
from tasks.orchestration.tracking import track_champion
from tasks.rollback import roll_back


@flow(name="rollback-champion", flow_run_name=run_name("rollback-{name}-to-cycle-{to}"))
def rollback_champion(workspace: HostPath, to: NonNegativeInt) -> State[dict[str, Any]]:
    """Compare the next cycles with an earlier champion.

    Args:
        workspace: folder of the flywheel.
        to: a cycle whose candidate was kept; 0 for no champion, the base is compared with then.
    """
    line = roll_back(workspace, to)
    track_champion(workspace)
    return Completed(message=line.reasons[0], data=line.model_dump(mode="json"))
