"""What was decided in auditions: a record a cycle, and the overrides that it adds."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import ClassVar

from tasks.benchmark.audition import (
    AuditionDecision,
    PronunciationOverride,
    overrides_to_add,
)
from tasks.benchmark.ipa import Inventories, said_by_none
from tasks.benchmark.pronunciation import HEAD, Overrides, read_overrides
from tasks.benchmark.table import columns_of
from tasks.benchmark.terms import Term, read_terms
from tasks.domain.errors import Fault, InvalidInput
from tasks.records.files import write_atomic, write_record
from tasks.records.reading import LINES_BYTES, read_text
from tasks.records.record import Record, read_record
from tasks.workspace.locks import locked
from tasks.workspace.open import TERMS_FILE

LOCK = "audition"
OVERRIDES_FILE = "pronunciation_overrides.csv"


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
    """Give what was decided until this cycle, the earliest first: what stays is heard once."""
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

    Returns a sentence for each IPA that is not added, as none of these engines can say it.
    """
    decisions = own_decisions(root, number)
    unsayable = {
        one: f"{OVERRIDES_FILE}: the IPA {one.ipa!r} of {one.term} is not added, which "
        f"{one.reviewer} accepted: {', '.join(cannot)}"
        for one in decisions
        if one.ipa and one.chosen and (cannot := said_by_none(one.ipa, engines))
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
    text = _text(root / TERMS_FILE)
    if text is None:
        raise InvalidInput([Fault(f"expected a list of terms; {root} has none", TERMS_FILE)])
    terms, faults = read_terms(text, TERMS_FILE)
    if faults:
        raise InvalidInput(faults)
    return terms


def standing_overrides(root: Path) -> Overrides:
    """Read the workspace's pronunciation_overrides.csv; raise InvalidInput with every fault."""
    text = _text(root / OVERRIDES_FILE)
    if text is None:
        return Overrides(OVERRIDES_FILE)
    overrides, faults = read_overrides(text, OVERRIDES_FILE)
    if faults:
        raise InvalidInput(faults)
    return overrides


def _text(path: Path) -> str | None:
    """Read a file that a person wrote; None where there is none."""
    try:
        return read_text(path, LINES_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidInput([Fault(f"expected a text file; {error}", path.name)]) from None


def _with_overrides(root: Path, number: int, decisions: Sequence[AuditionDecision]) -> str | None:
    """Return the overrides with new lines at the end; None where there is nothing to add.

    Lines that are there stay as they are, to the byte. Raises InvalidInput where the whole could not be
    read again.
    """
    standing = [line for _, line in standing_overrides(root).lines]
    added = overrides_to_add(decisions, standing, number)
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
    """Give a value in one line of text; a column that we do not know stays empty."""
    return " ".join(str(getattr(line, column, "")).split())
