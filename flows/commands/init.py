"""The command `flywheel init`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class InitFlags(Flags):
    """Make a workspace: settings with comments, and a list of terms; a file that exists is kept."""

    workspace: Path = Field(
        description="Folder of the flywheel; it is made where it does not exist"
    )


def run(flags: InitFlags) -> CommandResult:
    """Write the files, and name the next command."""
    from tasks.init import write_starter
    from tasks.orchestration.summaries import to_go_on
    from tasks.workspace.commands import build_command
    from tasks.workspace.open import TERMS_FILE

    files = write_starter(flags.workspace)
    lines = [f"{'written' if new else 'kept   '}  {path}" for path, new in files.items()]
    command = build_command(flags.workspace, 1)
    needs = f"your terms in {flags.workspace / TERMS_FILE}"
    record = {
        "written": [str(path) for path, new in files.items() if new],
        "kept": [str(path) for path, new in files.items() if not new],
        "next": {"command": command, "needs": needs},
    }
    return CommandResult("\n".join([*lines, "", to_go_on(command, needs)]), record)
