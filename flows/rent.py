"""rent-cycle: run one cycle on a rented GPU, and take its verdict here.

    python -m flows.rent --workspace W --cycle 1
    python -m flows.rent --workspace W --end

On a terminal a person types YES to the costs; elsewhere `max_cost` under `rent` has to cover them. The
machine is deleted, or stopped, at the end, whatever happens. What was done there is not done again here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from pydantic import Field, PositiveInt

from flows.cycle import flywheel_cycle
from tasks.domain.errors import Fault, InvalidInput
from tasks.gate import check_gate
from tasks.orchestration.command import Flags, run_command
from tasks.orchestration.names import run_name, tag_run
from tasks.orchestration.server import on_prefect
from tasks.orchestration.stage import stage_count
from tasks.orchestration.states import cycle_state
from tasks.orchestration.terminal import terminal_summary
from tasks.rent import (
    agree,
    end_left_machines,
    make_offer,
    run_on_rented_machine,
)
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, is_finished
from tasks.workspace.rented import FILE, read_rentals


@flow(name="rent-cycle", flow_run_name=run_name("rent-{name}-cycle-{cycle}"))
def rent_cycle(workspace: Path, cycle: PositiveInt) -> State[dict[str, Any]]:
    """Run one cycle on a rented GPU, if max_cost of the policy's section rent covers it.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle to run; it is not run again when it is decided.
    """
    end_left_machines(workspace)
    opened = open_cycle(workspace, cycle)
    tag_run(opened)
    if asks_for_a_gpu(opened):
        offer = make_offer(opened)
        agree(offer)
        run_on_rented_machine(opened, offer)
    flywheel_cycle(workspace, cycle)
    return cycle_state(opened)


def asks_for_a_gpu(cycle: Cycle) -> bool:
    """Whether anything is left to train or decode, as far as the gate can tell without a model."""
    if is_finished(cycle):
        return False
    gate = check_gate(cycle) if cycle.baseline_sha256 else None
    return gate is None or gate.passed or gate.decodes_first(cycle)


class RentFlags(Flags):
    """Run one cycle on a rented GPU, after a typed YES to its costs; or end a machine that was left."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt | None = Field(None, description="Number of the cycle to run")
    end: bool = Field(False, description="Rent nothing; end the machines that were left")


def run(flags: RentFlags) -> str:
    """Check the input, then run the flow, which ends what was left first; give what to print."""
    if flags.end:
        ended = end_left_machines(flags.workspace)
        return "\n".join(one.sentence for one in ended) or "No rented machine was left."
    if flags.cycle is None:
        raise InvalidInput([Fault("expected one of the two", "--cycle, --end")])
    opened = open_cycle(flags.workspace, flags.cycle)
    before, rented = stage_count(opened), len(read_rentals(opened.folder / FILE))
    with on_prefect(lambda: is_finished(opened)):
        rent_cycle(opened.root, flags.cycle)
    costs = [one.sentence for one in read_rentals(opened.folder / FILE)[rented:]]
    return "\n\n".join([terminal_summary(opened, before, None), *costs])


if __name__ == "__main__":
    sys.exit(run_command(RentFlags, run))
