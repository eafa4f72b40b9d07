"""Whether a kept model is still the champion, in a sentence for whoever receives it."""

from __future__ import annotations

from pathlib import Path

from tasks.records.ledger_line import DecisionLine, RollbackLine
from tasks.records.record import ModelRecord
from tasks.workspace.ledger import read_champion, read_ledger, system_id


def champion_note(root: Path, number: int, candidate: ModelRecord) -> str:
    """Say why the candidate that a cycle kept is not the champion now; empty where it is."""
    champion = read_champion(root)
    if champion and (champion.sha256, champion.decoding.sha256) == system_id(candidate):
        return ""
    current = f"the champion is that of cycle {champion.cycle}" if champion else "there is none"
    moment = _rolled_back(root, number)
    why = f"it was rolled back on {moment[:10]}, and {current}" if moment else current
    return f"This model is not the champion now: {why}."


def _rolled_back(root: Path, number: int) -> str:
    """Return when the latest rollback took a cycle's candidate back; empty where none did."""
    moment = ""
    for line in read_ledger(root):
        if isinstance(line, DecisionLine) and line.cycle == number:
            moment = ""
        elif isinstance(line, RollbackLine):
            moment = line.finished_at if line.cycle < number else ""
    return moment
