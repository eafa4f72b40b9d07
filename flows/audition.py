"""audition: hear how each term is said, and accept, reject or replace it, before rows are made of it.

    python -m flows.audition --workspace my-flywheel --cycle 1 --serve

It is no flow on Prefect: a person sits in front of it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import Field, PositiveInt

from tasks.audition import open_desk, served
from tasks.orchestration.command import Flags, run_command


class AuditionFlags(Flags):
    """Hear how each term is said, and accept, reject or replace it, before rows are made of it."""

    workspace: Path = Field(description="Folder of the flywheel")
    cycle: PositiveInt = Field(description="The cycle whose benchmark is to be built")
    serve: bool = Field(
        False,
        description="Serve the page to this machine, so that it saves what you decide at once",
    )
    port: int = Field(0, ge=0, le=65_535, description="Port of --serve; default: any that is free")


def run(flags: AuditionFlags) -> str:
    """Leave the page, serve it if asked, and say what is left to hear."""
    desk = open_desk(flags.workspace, flags.cycle)
    if flags.serve:
        with served(desk, flags.port) as server:
            print(
                f"Open {server.url}\nWhat you decide is saved at once; Ctrl-C ends this.",
                flush=True,
            )
            server.serve_forever()
    page = desk.write_page()
    left = desk.left()
    return f"{left or 'Every term is heard or skipped.'}\n\n{page}"


if __name__ == "__main__":
    sys.exit(run_command(AuditionFlags, run))
