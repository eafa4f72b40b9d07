"""The command `flywheel status`: its flags, and what it does."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags

if TYPE_CHECKING:
    from tasks.workspace.status import WorkspaceStatus


class StatusFlags(Flags):
    """Show the cycles of a workspace, its champion, and the next command; change nothing."""

    workspace: Path = Field(description="Folder of the flywheel")


def run(flags: StatusFlags) -> CommandResult:
    """Look at the workspace without Prefect."""
    from tasks.workspace.status import workspace_status

    status = workspace_status(flags.workspace)
    cycles = [
        {"cycle": one.cycle, "due": one.due, "failed": one.failed, "verdict": one.verdict}
        | {"outcome": one.outcome}
        for one in status.cycles
    ]
    record = {
        "workspace": str(flags.workspace),
        "cycles": cycles,
        "champion": status.champion.model_dump(mode="json") if status.champion else None,
        "next": asdict(status.following),
    }
    return CommandResult(status_text(flags.workspace, status), record)


def status_text(root: Path, status: WorkspaceStatus) -> str:
    """Write a line a cycle, then the champion and the next command."""
    from tasks.orchestration.summaries import to_go_on

    lines = [f"cycle {one.cycle}: {one.outcome}" for one in status.cycles]
    champion = "none"
    if status.champion:
        champion = (
            f"cycle {status.champion.cycle}, {status.champion.path or status.champion.sha256}"
        )
    return "\n".join(
        [
            *(lines or [f"No cycle of {root} has a benchmark yet."]),
            f"Champion: {champion}",
            "",
            to_go_on(status.following.command, status.following.needs),
        ]
    )
