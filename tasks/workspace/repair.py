"""Set aside what cannot be read and cannot be made anew: a ledger, a champion, a decision."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tasks.domain.errors import DamagedFile
from tasks.workspace.files import write_atomic
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.ledger_lines import LedgerLine
from tasks.workspace.locks import LEDGER, locked
from tasks.workspace.reading import LINES_BYTES, read_regular
from tasks.workspace.record import read_record
from tasks.workspace.records import DecisionRecord

NO_CHAMPION = (
    "no champion stands now, and cycles are compared with the base: "
    "`python -m flows.rollback --to CYCLE` makes a kept one stand again"
)
NO_DECISION = "its verdict is lost, and is decided again from what is stored"


def set_aside_damaged(root: Path, number: int) -> list[str]:
    """Set aside the damaged ones of ledger, champion and this cycle's decision; say what is lost.

    Each is kept under a dated name. Of the ledger, lines that can be read stay.
    """
    decision = root / f"cycle{number + 1}" / "decision.json"
    lost = []
    with locked(root, LEDGER):
        try:
            read_ledger(root)
        except DamagedFile:
            lost.append(_repair_ledger(root / "ledger.jsonl"))
        try:
            read_champion(root)
        except DamagedFile:
            lost.append(f"{_set_aside(root / 'champion.json')}: {NO_CHAMPION}")
        try:
            read_record(decision, DecisionRecord)
        except DamagedFile:
            lost.append(f"{_set_aside(decision)}: {NO_DECISION}")
    return lost


def _set_aside(path: Path) -> str:
    """Rename a file, and give both names as the begin of a sentence."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}.damaged-{moment}")
    os.replace(path, aside)
    return f"{path} was damaged and is now {aside.name}"


def _repair_ledger(path: Path) -> str:
    """Set the ledger aside and write the lines that can be read anew."""
    try:
        lines = read_regular(path, LINES_BYTES).removesuffix(b"\n").split(b"\n")
    except OSError:
        return f"{_set_aside(path)}: what it said of every cycle is lost"
    whole = [line for line in lines if _is_line(line)]
    sentence = _set_aside(path)
    write_atomic(path, b"".join(line + b"\n" for line in whole))
    places = ", ".join(str(place) for place, line in enumerate(lines, 1) if not _is_line(line))
    return f"{sentence}: what it said on line {places} is lost, the other {len(whole)} stay"


def _is_line(line: bytes) -> bool:
    try:
        TypeAdapter[LedgerLine](LedgerLine).validate_json(line)
    except ValidationError:
        return False
    return True
