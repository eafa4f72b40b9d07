"""rent-cycle: run one cycle on a rented GPU, and take its verdict here.

    flywheel rent W 1
    flywheel rent W --end

On a terminal a person types YES to the costs; elsewhere `max_cost` under `rent` has to cover them. The
machine is deleted, or stopped, at the end, whatever happens. What was done there is not done again here.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":  # flags are read before Prefect loads
    from flows.cli import run_named

    sys.exit(run_named("rent"))
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import PositiveInt

from flows.cycle import flywheel_cycle
from tasks.gate import check_gate
from tasks.orchestration.names import cycle_tags, run_name, tag_run
from tasks.orchestration.run_policy import HostPath
from tasks.rent import (
    agree,
    end_left_machines,
    make_offer,
    run_on_rented_machine,
)
from tasks.workspace.cycle import Cycle, is_finished
from tasks.workspace.open import open_cycle


@flow(name="rent-cycle", flow_run_name=run_name("rent-{name}-cycle-{cycle}"))
def rent_cycle(workspace: HostPath, cycle: PositiveInt) -> State[dict[str, Any]]:
    """Run one cycle on a rented GPU, if max_cost of the policy's section rent covers it.

    Args:
        workspace: folder of the flywheel.
        cycle: the cycle to run; it is not run again when it is decided.
    """
    tag_run(cycle_tags(workspace, cycle))
    end_left_machines(workspace)
    opened = open_cycle(workspace, cycle)
    if asks_for_a_gpu(opened):
        offer = make_offer(opened)
        agree(offer)
        run_on_rented_machine(opened, offer)
    outcome = flywheel_cycle(workspace, cycle, return_state=True)
    return Completed(message=f"{outcome.name}: {outcome.message}", data=outcome.result())


def asks_for_a_gpu(cycle: Cycle) -> bool:
    """Whether anything is left to train or decode, as far as the gate can judge without a model."""
    if is_finished(cycle):
        return False
    gate = check_gate(cycle) if cycle.baseline_sha256 else None
    return gate is None or gate.passed or gate.decodes_first(cycle)
