"""The command `flywheel rent`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PositiveInt

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class RentFlags(Flags):
    """Run one cycle on a rented GPU, after a typed YES to its costs; or end a machine that was left."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt | None = Field(None, description="Number of the cycle to run")
    end: bool = Field(False, description="Rent nothing; end the machines that were left")


def run(flags: RentFlags) -> CommandResult:
    """End what was left, check the input before Prefect starts, run the flow."""
    if flags.end:
        return end_machines(flags.workspace)
    if flags.cycle is None:
        raise InvalidInput([Fault("expected one of the two", "--cycle, --end")])
    from tasks.orchestration.summaries import cycle_record, terminal_summary
    from tasks.records.rented import FILE, read_rentals
    from tasks.rent import check_rental, end_left_machines
    from tasks.workspace.cycle import is_finished
    from tasks.workspace.open import open_cycle
    from tasks.workspace.times import stage_count

    opened = open_cycle(flags.workspace, flags.cycle)
    end_left_machines(opened.root)
    check_rental(opened)
    before, rented = stage_count(opened), len(read_rentals(opened.folder / FILE))
    from flows.rent import rent_cycle
    from tasks.orchestration.server import on_prefect

    with on_prefect(lambda: is_finished(opened)):
        rent_cycle(opened.root, flags.cycle)
    costs = [one.sentence for one in read_rentals(opened.folder / FILE)[rented:]]
    text = "\n\n".join([terminal_summary(opened, before, None), *costs])
    return CommandResult(text, cycle_record(opened) | {"rented": costs})


def end_machines(workspace: Path) -> CommandResult:
    """End the machines that were left, and return what each cost."""
    from tasks.rent import end_left_machines

    ended = end_left_machines(workspace)
    sentences = [one.sentence for one in ended]
    text = "\n".join(sentences) or "No rented machine was left."
    return CommandResult(text, {"rented": sentences})
