"""The command `flywheel record`: its flags, and what it does."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, PositiveInt

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags


class RecordFlags(Flags):
    """Record people who read sentences of the benchmark's terms, as rows of acceptance.jsonl."""

    workspace: Path = Field(description="Folder of the flywheel")
    terms_per: PositiveInt = Field(3, description="Sentences of each term that a speaker reads")
    speaker: str = Field(
        "", description="Pseudonym of who reads, as nurse-1; default: it is asked for on the page"
    )
    used_by: str = Field(
        "",
        max_length=200,
        description="Who may use the recordings, as the speakers agree to it; default: the people who "
        "work with this benchmark",
    )
    port: int = Field(0, ge=0, le=65_535, description="Port of the page; default: any that is free")


def run(flags: RecordFlags) -> CommandResult:
    """Serve the page until Ctrl-C, and count what was recorded."""
    from tasks.processes import until_interrupted
    from tasks.record import USERS, open_record_desk, served
    from tasks.workspace.locks import disk_named

    with disk_named("record", flags.workspace):
        desk = open_record_desk(
            flags.workspace, flags.terms_per, flags.used_by or USERS, flags.speaker
        )
        if desk.without:
            print(f"No sentence is left of {', '.join(desk.without)}")
        with until_interrupted(), served(desk, flags.port) as server:
            print(
                f"Open {server.url}\nWhat you keep is saved at once; Ctrl-C ends this.", flush=True
            )
            server.serve_forever()
        found = desk.summary()
    text = "acceptance.jsonl, recorded: rows {rows}, terms {terms}, speakers {speakers}"
    return CommandResult(text.format(**found), found)
