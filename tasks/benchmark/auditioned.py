"""What a person has heard of the terms that a build says, and whether it may go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.benchmark.audition import (
    AuditionDecision,
    AuditionItem,
    AuditionMode,
    audition_advice,
    audition_stamp,
    audition_stop,
    standing_decision,
)
from tasks.benchmark.audition_file import audition_page_path, decisions_until
from tasks.benchmark.plan import PlannedRow
from tasks.domain.errors import Fault, InvalidInput
from tasks.workspace.commands import audition_command
from tasks.workspace.open import POLICY_FILE


@dataclass(frozen=True)
class Auditioned:
    """What a person would hear of a build, by term and engine, and what was decided on it."""

    items: Mapping[tuple[str, str], AuditionItem]
    decisions: Sequence[AuditionDecision]
    advice: str

    def stamp(self, row: PlannedRow) -> dict[str, str]:
        """Give what a row says of its audition: the decision, by whom and why."""
        return audition_stamp(self._item(row), self.decisions)

    def rejected(self, row: PlannedRow) -> str:
        """Say who rejected how a row's term is said; empty where nobody did."""
        decision = standing_decision(self._item(row), self.decisions)
        return decision.sentence if decision and decision.decision == "rejected" else ""

    def _item(self, row: PlannedRow) -> AuditionItem:
        return self.items[row.term.term, row.voice.engine]


def read_audition(
    root: Path,
    number: int,
    items: Sequence[AuditionItem],
    mode: AuditionMode,
    others: Sequence[AuditionItem] = (),
) -> Auditioned:
    """See what was decided on these items; raise InvalidInput where more has to be heard first.

    Of `others` it is known what was decided, and nobody is asked to hear them.
    """
    decisions = decisions_until(root, number) if mode != "off" else ()
    made = audition_page_path(root, number)
    page = str(made) if made.exists() else ""
    command = f"{audition_command(root, number)} --serve"
    stop = audition_stop(items, decisions, mode, page, command)
    if stop:
        raise InvalidInput([Fault(stop, POLICY_FILE, field="build.audition")])
    advice = audition_advice(items, decisions, page, command) if mode != "off" else None
    known = {(item.term, item.engine): item for item in (*others, *items)}
    return Auditioned(known, decisions, advice or "")
