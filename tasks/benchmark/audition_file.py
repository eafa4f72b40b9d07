"""The decisions of auditions: a record a cycle, the overrides they add, and when one has to be made."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from tasks.benchmark.audition import (
    AuditionDecision,
    AuditionItem,
    AuditionMode,
    audition_advice,
    audition_stamp,
    audition_stop,
    current_decision,
    overrides_to_add,
)
from tasks.benchmark.ipa import Inventories, refused_by_all
from tasks.benchmark.plan import PlannedRow
from tasks.benchmark.pronunciation import HEAD, Overrides, PronunciationOverride, read_overrides
from tasks.benchmark.table import columns_of
from tasks.benchmark.terms import Term, read_terms
from tasks.domain.errors import Fault, InvalidInput
from tasks.records.files import write_atomic, write_record
from tasks.records.reading import read_optional_text
from tasks.records.record import Record, read_record
from tasks.workspace.commands import audition_command
from tasks.workspace.locks import locked
from tasks.workspace.open import POLICY_FILE, TERMS_FILE

LOCK = "audition"
OVERRIDES_FILE = "pronunciation_overrides.csv"


class AuditionRecord(Record):
    """audition.json: what a person decided on each term; the last decision counts."""

    way_out: ClassVar[str] = "put back a copy of it, or remove it and decide again"
    cycle: int
    decisions: tuple[AuditionDecision, ...]


def audition_path(root: Path, number: int) -> Path:
    return root / f"cycle{number}" / "audition.json"


def audition_page_path(root: Path, number: int) -> Path:
    return root / f"cycle{number}" / "audition.html"


def own_decisions(root: Path, number: int) -> tuple[AuditionDecision, ...]:
    """Return the decisions of this cycle's audition, in their order."""
    record = read_record(audition_path(root, number), AuditionRecord)
    return record.decisions if record else ()


def decisions_until(root: Path, number: int) -> tuple[AuditionDecision, ...]:
    """Return the decisions until this cycle, the earliest first: what stays the same is checked once."""
    return tuple(one for cycle in range(1, number + 1) for one in own_decisions(root, cycle))


def add_decision(root: Path, number: int, decision: AuditionDecision) -> None:
    """Write one more decision at the end of the cycle's record, and the override that it adds.

    Raises InvalidInput before either is written where the overrides could not be read with it.
    """
    with locked(root, LOCK):
        decisions = (*own_decisions(root, number), decision)
        overrides = _with_overrides(root, number, decisions)
        record = AuditionRecord(cycle=number, decisions=decisions)
        write_record(audition_path(root, number), record)
        if overrides is not None:
            write_atomic(root / OVERRIDES_FILE, overrides)


def apply_audition(root: Path, number: int, engines: Inventories) -> list[str]:
    """Add to the overrides what was accepted in a cycle, also in a file that a page saved.

    Returns a sentence for each IPA that is not added, as none of these engines can pronounce it.
    """
    decisions = own_decisions(root, number)
    unsayable = {
        one: f"{OVERRIDES_FILE}: the IPA {one.ipa!r} of {one.term} is not added, which "
        f"{one.reviewer} accepted: {', '.join(cannot)}"
        for one in decisions
        if one.ipa and one.chosen and (cannot := refused_by_all(one.ipa, engines))
    }
    with locked(root, LOCK) if decisions else nullcontext():
        overrides = _with_overrides(
            root, number, [one for one in decisions if one not in unsayable]
        )
        if overrides is not None:
            write_atomic(root / OVERRIDES_FILE, overrides)
    return list(dict.fromkeys(unsayable.values()))


def read_terms_file(root: Path) -> list[Term]:
    """Read the workspace's terms.csv; raise InvalidInput with every fault."""
    text = read_optional_text(root / TERMS_FILE)
    if text is None:
        raise InvalidInput([Fault(f"expected a list of terms; {root} has none", TERMS_FILE)])
    terms, faults = read_terms(text, TERMS_FILE)
    if faults:
        raise InvalidInput(faults)
    return terms


def current_overrides(root: Path) -> Overrides:
    """Read the workspace's pronunciation_overrides.csv; raise InvalidInput with every fault."""
    text = read_optional_text(root / OVERRIDES_FILE)
    if text is None:
        return Overrides(OVERRIDES_FILE)
    overrides, faults = read_overrides(text, OVERRIDES_FILE)
    if faults:
        raise InvalidInput(faults)
    return overrides


def _with_overrides(root: Path, number: int, decisions: Sequence[AuditionDecision]) -> str | None:
    """Return the overrides with new lines at the end; None where there is nothing to add.

    Lines that are there stay as they are, to the byte. Raises InvalidInput where the whole could not be
    read again.
    """
    overrides = [line for _, line in current_overrides(root).lines]
    added = overrides_to_add(decisions, overrides, number)
    if not added:
        return None
    path = root / OVERRIDES_FILE
    before = path.read_bytes().decode() if path.exists() else f"{','.join(HEAD)}\n"
    columns, mark = columns_of(before)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=mark, lineterminator="\n")
    for line in added:
        writer.writerow([_cell(line, name) for name in columns])
    ending = "" if before.endswith("\n") else "\n"
    whole = before + ending + text.getvalue()
    _, faults = read_overrides(whole, OVERRIDES_FILE)
    if faults:
        raise InvalidInput(faults)
    return whole


def _cell(line: PronunciationOverride, column: str) -> str:
    """Return a value in one line of text; a column that we do not know stays empty."""
    return " ".join(str(getattr(line, column, "")).split())


@dataclass(frozen=True)
class Auditioned:
    """The terms of a build, as each engine speaks them, and what was decided on them."""

    items: Mapping[tuple[str, str], AuditionItem]
    decisions: Sequence[AuditionDecision]
    advice: str

    def stamp(self, row: PlannedRow) -> dict[str, str]:
        """Return the fields of a row about its audition: the decision, by whom and why."""
        return audition_stamp(self._item(row), self.decisions)

    def rejected(self, row: PlannedRow) -> str:
        """Return the person who rejected the pronunciation of a row's term; empty where nobody did."""
        decision = current_decision(self._item(row), self.decisions)
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
    """Read what was decided on these items; raise InvalidInput where some have to be checked first.

    Of `others` only the decisions are read; nobody is asked to check them.
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
