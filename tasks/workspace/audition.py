"""What was decided in auditions: a record a cycle, and the overrides that it adds."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from tasks.domain.build.audition import AuditionDecision
from tasks.workspace.files import write_record
from tasks.workspace.record import Record, read_record


class AuditionRecord(Record):
    """audition.json: what a person decided on each term that was heard; the last decision counts."""

    way_out: ClassVar[str] = "put back a copy of it, or remove it and decide again"
    cycle: int
    decisions: tuple[AuditionDecision, ...]


def audition_path(root: Path, number: int) -> Path:
    return root / f"cycle{number}" / "audition.json"


def audition_page_path(root: Path, number: int) -> Path:
    return root / f"cycle{number}" / "audition.html"


def own_decisions(root: Path, number: int) -> tuple[AuditionDecision, ...]:
    """Give what was decided in the audition of this cycle, in its order."""
    record = read_record(audition_path(root, number), AuditionRecord)
    return record.decisions if record else ()


def decisions_until(root: Path, number: int) -> tuple[AuditionDecision, ...]:
    """Give what was decided until this cycle, the earliest first: a term is heard once."""
    return tuple(one for cycle in range(1, number + 1) for one in own_decisions(root, cycle))


def add_decision(root: Path, number: int, decision: AuditionDecision) -> None:
    """Write one more decision at the end of the cycle's record."""
    decisions = (*own_decisions(root, number), decision)
    write_record(audition_path(root, number), AuditionRecord(cycle=number, decisions=decisions))
