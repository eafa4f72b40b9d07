"""The command `flywheel audition`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PositiveInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class AuditionFlags(Flags):
    """Listen to each term, and accept, reject or replace its pronunciation, before rows are made."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose benchmark is to be built")
    serve: bool = Field(
        False,
        description="Serve the page on this machine, so that each decision is saved at once",
    )
    port: int = Field(0, ge=0, le=65_535, description="Port of --serve; default: any that is free")


def run(flags: AuditionFlags) -> CommandResult:
    """Write the page, serve it if asked, and return which terms are not checked yet."""
    from tasks.workspace.locks import disk_named

    with disk_named("audition", flags.workspace):
        return _held(flags)


def _held(flags: AuditionFlags) -> CommandResult:
    """Hold the audition; raise OSError where the disk refuses a file."""
    from tasks.audition import open_desk, served
    from tasks.orchestration.bars import bars
    from tasks.processes import until_interrupted

    with bars():
        desk = open_desk(flags.workspace, flags.cycle)
    if flags.serve:
        with until_interrupted(), served(desk, flags.port) as server:
            print(
                f"Open {server.url}\nEach decision is saved at once; Ctrl-C ends this.",
                flush=True,
            )
            server.serve_forever()
        desk = open_desk(flags.workspace, flags.cycle)  # terms may have been accepted
    page = desk.write_page()
    left = desk.left()
    text = f"{left or 'Every term is checked or skipped.'}\n\n{page}"
    return CommandResult(text, {"page": str(page), "left": left})
