"""The command `flywheel build`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field, PositiveInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags

if TYPE_CHECKING:
    from tasks.records.build import BuildRecord, RefusedRows


class BuildFlags(Flags):
    """Make the benchmark of a cycle from a list of terms."""

    workspace: Path = Field(description="Folder of the flywheel, with terms.csv")
    cycle: PositiveInt = Field(description="Number of the cycle whose benchmark is made")


def run(flags: BuildFlags) -> CommandResult:
    """Check the input, then run the flow."""
    from tasks.benchmark.build import read_build_inputs
    from tasks.orchestration.summaries import to_go_on
    from tasks.records.build import BuildRecord
    from tasks.records.record import read_record
    from tasks.workspace.commands import build_command, cycle_command

    inputs = read_build_inputs(flags.workspace, flags.cycle)
    from flows.build import flywheel_build
    from tasks.orchestration.server import on_prefect

    with on_prefect():
        flywheel_build(inputs.root, flags.cycle)
    record = read_record(inputs.record, BuildRecord)
    assert record is not None, "a build leaves its record"
    following = build_command if record.too_small else cycle_command
    command = to_go_on(following(inputs.root, flags.cycle), record.needs)
    text = "\n\n".join([build_summary(record), str(inputs.manifest), command])
    return CommandResult(text, record.model_dump(mode="json", by_alias=True, exclude={"clips"}))


def build_summary(record: BuildRecord) -> str:
    """Return the lines on rows built, and on rows not built, by term and reason."""
    from tasks.benchmark.audition import first_terms

    refused: dict[str, list[RefusedRows]] = {}
    for one in record.refused:
        refused.setdefault(one.reason, []).append(one)
    lines = [record.sentence]
    for reason, of_it in refused.items():
        terms, rows = first_terms([one.term for one in of_it]), sum(one.rows for one in of_it)
        lines.append(f"refused, {terms}: {rows} row{'s' if rows > 1 else ''}, {reason}")
    lines += [f"lacking in terms.csv: {n} more of {name}" for name, n in record.lacking.items()]
    return "\n".join(lines)
