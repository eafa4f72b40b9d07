"""The command `flywheel compare`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from tasks.domain.errors import Fault, InvalidInput
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class CompareFlags(Flags):
    """Show which of several systems recognizes the terms better, or that it is not shown.

    From transcripts alone: no model is loaded and no audio is read. Name a manifest and a file of each
    system's transcripts, or a workspace and two of its cycles.
    """

    positional: ClassVar[tuple[str, ...]] = ("systems",)

    systems: tuple[str, ...] = Field(
        description="Files of transcripts (JSON, CSV, TSV, TRN, CTM), or a workspace and cycles"
    )
    manifest: Path | None = Field(
        None,
        description="Benchmark manifest; texts, terms and categories suffice, with an id a row",
    )
    out: Path | None = Field(None, description="Folder for compare.html and compare.json")
    policy: Path | None = Field(
        None,
        description="YAML settings: priority_categories and scoring name what decides, decide has the "
        "margins of the guards",
    )


def run(flags: CompareFlags) -> CommandResult:
    """Compare without Prefect."""
    from tasks.compare import check_request, compare
    from tasks.orchestration.run_policy import given_policy

    asked = of_files(flags) if flags.manifest else of_cycles(flags)
    request = check_request(**asked, out=flags.out, policy=given_policy(flags.policy))
    found = compare(request)
    return CommandResult(found.text, found.record)


def of_files(flags: CompareFlags) -> dict[str, Any]:
    """Read the words as files of transcripts."""
    return {"manifest": flags.manifest, "systems": tuple(map(Path, flags.systems))}


def of_cycles(flags: CompareFlags) -> dict[str, Any]:
    """Read the words as a workspace and numbers of cycles."""
    workspace, *numbers = flags.systems
    wrong = [number for number in numbers if not number.isdigit() or not int(number)]
    if wrong:
        sentence = (
            f"expected numbers of cycles after a workspace; got {wrong[0]!r}: files of transcripts need "
            "--manifest"
        )
        raise InvalidInput([Fault(sentence, "--systems")])
    return {"workspace": Path(workspace), "cycles": tuple(map(int, numbers))}
