"""Set aside what cannot be read and cannot be made again: a ledger, a champion, a decision."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tasks.domain.errors import DamagedFile
from tasks.records.ledger_line import LedgerLine
from tasks.records.reading import LINES_BYTES, read_regular
from tasks.records.record import read_record
from tasks.records.stages import DecisionRecord
from tasks.workspace.ledger import (
    LEDGER_FILE,
    chain_again,
    chain_faults,
    lines_to_repair,
    raw_lines,
    read_champion,
    read_ledger,
)
from tasks.workspace.locks import LEDGER, locked

NO_CHAMPION = (
    "there is no champion now, and cycles are compared with the base: "
    "`python -m flows.rollback --to CYCLE` restores one that was kept"
)
NO_DECISION = "its verdict is lost, and is decided again from what is stored"


def set_aside_damaged(root: Path, number: int) -> list[str]:
    """Set aside the damaged ones of ledger, champion and this cycle's decision; return what is lost.

    Each is kept under a dated name. Of the ledger, lines that can be read stay.
    """
    decision = root / f"cycle{number + 1}" / "decision.json"
    lost = []
    with locked(root, LEDGER):
        try:
            read_ledger(root)
            if faults := chain_faults(raw_lines(root / LEDGER_FILE)):
                lost.append(_repair_chain(root / LEDGER_FILE, faults))
        except DamagedFile:
            lost.append(_repair_ledger(root / LEDGER_FILE))
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
    """Rename a file, and return both names as the begin of a sentence."""
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    aside = path.with_name(f"{path.name}.damaged-{moment}")
    os.replace(path, aside)
    return f"{path} was damaged and is now {aside.name}"


def _repair_ledger(path: Path) -> str:
    """Set the ledger aside and write the lines that can be read, chained again."""
    try:
        lines = lines_to_repair(read_regular(path, LINES_BYTES))
    except OSError:
        return f"{_set_aside(path)}: every line of it is lost"
    whole = [line for line in lines if _is_line(line)]
    sentence = _set_aside(path)
    chain_again(path, whole)
    lost = [str(place) for place, line in enumerate(lines, 1) if line and not _is_line(line)]
    if not lost:
        return f"{sentence}: all {len(whole)} lines of it stay"
    places = ", ".join(lost)
    return f"{sentence}: line {places} of it is lost, the other {len(whole)} are kept"


def _repair_chain(path: Path, faults: list[str]) -> str:
    """Set the ledger aside and chain its lines again; nothing is known of what a changed line was."""
    lines = raw_lines(path)
    sentence = _set_aside(path)
    chain_again(path, lines)
    return f"{sentence}: {'; '.join(faults)}; its lines are chained again as they are"


def _is_line(line: bytes) -> bool:
    try:
        TypeAdapter[LedgerLine](LedgerLine).validate_json(line)
    except ValidationError:
        return False
    return True
