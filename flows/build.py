"""flywheel-build: make the benchmark of a cycle from a list of terms.

    flywheel build W 1

Rows and clips of the cycle before are kept, and what its growth plan asks for is added. What is there
is not made again.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("build"))

from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from tasks.build import build_benchmark
from tasks.orchestration.names import run_name
from tasks.orchestration.run_policy import HostPath

build = task(name="build", cache_policy=NO_CACHE)(build_benchmark)


@flow(name="flywheel-build", flow_run_name=run_name("build-{name}-cycle-{cycle}"))
def flywheel_build(workspace: HostPath, cycle: PositiveInt) -> State[dict[str, Any]]:
    """Make the benchmark of a cycle from terms.csv, and from the growth plan of the cycle before.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose manifest and clips are made; those of the cycle before are kept.
    """
    record = build(workspace, cycle)
    data = {"rows": record.rows, "made": record.made, "refused": record.asked - record.made}
    return Completed(message=record.sentence, data=data)
