"""flywheel-build: make the benchmark of a cycle from a list of terms.

    python -m flows.build --workspace W --cycle 1

Rows and clips of the cycle before are kept, and what its growth plan asks for is added. What is there
is not made again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field, PositiveInt

from tasks.build import build_benchmark
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name
from tasks.orchestration.server import on_prefect
from tasks.workspace.build import BuildRecord, read_build_inputs
from tasks.workspace.record import read_record

build = task(name="build", cache_policy=NO_CACHE)(build_benchmark)


@flow(name="flywheel-build", flow_run_name=run_name("build-{name}-cycle-{cycle}"))
def flywheel_build(workspace: Path, cycle: PositiveInt) -> State[dict[str, Any]]:
    """Make the benchmark of a cycle from terms.csv, and from the growth plan of the cycle before.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle whose manifest and clips are made; those of the cycle before are kept.
    """
    record = build(workspace, cycle)
    data = {"rows": record.rows, "made": record.made, "refused": record.asked - record.made}
    return Completed(name="Built", message=record.sentence, data=data)


class BuildFlags(Flags):
    """Make the benchmark of a cycle from a list of terms."""

    workspace: Path = Field(description="Folder of the flywheel, with terms.csv")
    cycle: PositiveInt = Field(description="Number of the cycle whose benchmark is made")


def run(flags: BuildFlags) -> str:
    """Check the input, then run the flow; give what to print."""
    inputs = read_build_inputs(flags.workspace, flags.cycle)
    with on_prefect():
        flywheel_build(inputs.root, flags.cycle)
    record = read_record(inputs.record, BuildRecord)
    assert record is not None, "a build leaves its record"
    return "\n\n".join(filter(None, [_summary(record), record.audition, str(inputs.manifest)]))


def _summary(record: BuildRecord) -> str:
    """Say what was built, and what was not, by reason."""
    counts: dict[str, int] = {}
    for one in record.refused:
        counts[one.reason] = counts.get(one.reason, 0) + one.rows
    lines = [record.sentence, *(f"refused, {count}: {why}" for why, count in counts.items())]
    lines += [f"lacking in terms.csv: {n} more of {name}" for name, n in record.lacking.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(run_command(BuildFlags, run))
