"""The command `python -m flows.ledger`: its flags, and what it does."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import Field

from tasks.orchestration.command import Flags, run_command


class LedgerFlags(Flags):
    """Print what was tried, on what, and why it was kept or not."""

    workspace: Path = Field(description="Folder of the flywheel")
    as_json: bool = Field(False, alias="json", description="Print the lines whole, as a JSON array")


def run(flags: LedgerFlags) -> str:
    """Print the ledger without a Prefect server."""
    from tasks.workspace.ledger_table import ledger_lines, ledger_text

    if not flags.as_json:
        return ledger_text(flags.workspace)
    lines = [line.model_dump(mode="json") for line in ledger_lines(flags.workspace)]
    return json.dumps(lines, indent=2, ensure_ascii=False)


def main() -> int:
    return run_command(LedgerFlags, run)
