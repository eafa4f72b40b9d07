"""The command `flywheel clean`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class CleanFlags(Flags):
    """Show what nothing in a workspace needs any more, and what removing it frees; --remove removes it."""

    positional: ClassVar[tuple[str, ...]] = ("workspace",)

    workspace: Path = Field(description="Folder of the flywheel")
    remove: bool = Field(False, description="Remove it; without this nothing is changed")


def run(flags: CleanFlags) -> CommandResult:
    """Count files and bytes by kind, without a Prefect server."""
    from tasks.clean import KINDS, remove_unneeded, unneeded_files

    found = (remove_unneeded if flags.remove else unneeded_files)(flags.workspace)
    lines, freed = [], sum(one.size_bytes for one in found)
    for kind in KINDS:
        sizes = [one.size_bytes for one in found if one.kind == kind]
        if sizes:
            lines.append(f"{sum(sizes) / 1e6:8.1f} MB  {len(sizes):6}  {kind}")
    what = "was" if flags.remove else "would be"
    end = "" if flags.remove or not found else "; --remove removes it"
    lines.append(f"{freed / 1e6:8.1f} MB  {what} freed{end}")
    paths = [str(one.path) for one in found]
    return CommandResult(
        "\n".join(lines), {"removed": flags.remove, "bytes": freed, "paths": paths}
    )
