"""The model that may be handed off, its folder, and when that is complete.

A hand-off marks the folder as unfinished before it changes anything in it, and removes the mark last.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.domain.errors import Fault, InvalidInput
from tasks.records.files import write_atomic
from tasks.records.record import read_record
from tasks.records.stages import DecisionRecord, HandOffRecord
from tasks.workspace.cycle import Cycle, decision_of, not_decided
from tasks.workspace.locks import is_being_written
from tasks.workspace.models import unchanged
from tasks.workspace.open import POLICY_FILE, check_out
from tasks.workspace.verified import chain_of, cycle_faults

RECORD = "hand_off.json"
MODEL = "adapted_model.nemo"
CARD = "MODEL_CARD.md"
PHRASES = "vocabulary.txt"
UNFINISHED = "hand_off.unfinished"
OURS = (UNFINISHED, RECORD, MODEL, CARD, PHRASES)
OF_A_WORKSPACE = (POLICY_FILE, "ledger.jsonl", "champion.json", "cycle[0-9]*")
CYCLE_FOLDER = re.compile(r"cycle\d+")
EXPECTED = "expected an empty folder or that of an earlier hand-off"


def check_kept(cycle: Cycle, out: Path | None = None) -> DecisionRecord:
    """Return the decision that kept a model which may be handed on, into a folder if one is named.

    Raises InvalidInput without such a decision, for one that does not follow from the ledger, or for
    another folder.
    """
    if out is not None:
        check_destination(out, cycle.root)
    decision, number = decision_of(cycle), cycle.number
    expected = "expected a cycle that kept its candidate"
    if decision is None:
        sentence = f"{expected}; {not_decided(cycle)}"
    elif decision.verdict != "keep" and not decision.override:
        sentence = f"{expected}; cycle {number} was decided: {decision.verdict}"
    elif decision.approval in ("waiting", "no"):
        state = "waits for approval" if decision.approval == "waiting" else "was declined"
        sentence = f"{expected}; its candidate {state}"
    elif not decision.candidate.path:
        name = decision.candidate.name
        sentence = f"expected a file; {name} is fetched by its name: give its .nemo file as `base`"
    elif not unchanged(Path(decision.candidate.path), decision.candidate.sha256):
        sentence = f"expected {decision.candidate.path} as it was kept; it is gone or changed"
    else:
        faults = [*chain_of(cycle.root), *cycle_faults(cycle.root, number)]
        if not faults:
            return decision
        raise InvalidInput([Fault(fault, "--cycle") for fault in faults])
    raise InvalidInput([Fault(sentence, "--cycle")])


def check_destination(out: Path, root: Path) -> None:
    """Raise InvalidInput unless `out` is absent, empty, or an earlier hand-off, and no workspace.

    Raises DamagedFile for the record of an earlier hand-off that cannot be read.
    """
    check_out(out)
    found = _of_a_workspace(out, root)
    if not found and out.is_dir():
        found = _foreign(out)
    if found:
        raise InvalidInput([Fault(f"{EXPECTED}; {out} {found}", "--out")])


def _of_a_workspace(out: Path, root: Path) -> str:
    """Return why the folder belongs to a workspace; empty where it belongs to none."""
    if any(True for name in OF_A_WORKSPACE for _ in out.glob(name)):
        return "is a workspace"
    folder, workspace = out.resolve(), root.resolve()
    inside = folder.relative_to(workspace).parts if folder.is_relative_to(workspace) else ()
    if inside and CYCLE_FOLDER.fullmatch(inside[0]):
        return f"is in the folder of {inside[0]}"
    return ""


def _foreign(out: Path) -> str:
    """Return the files in the folder that no hand-off has written; empty for an earlier hand-off."""
    if (out / UNFINISHED).exists() or read_record(out / RECORD, HandOffRecord):
        return ""
    names = sorted(path.name for path in out.iterdir() if path not in _partial_files(out))
    return f"has other files: {', '.join(names[:3])}" if names else ""


def _partial_files(out: Path) -> list[Path]:
    """Find what a killed hand-off left half-written."""
    return [path for name in OURS for path in out.glob(f".{name}.*.partial")]


@contextmanager
def handing_off(out: Path) -> Iterator[None]:
    """Mark the folder as unfinished and remove the earlier record; complete it where nothing failed."""
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / UNFINISHED, "This hand-off has not ended: run it again.\n")
    for partial in _partial_files(out):
        if not is_being_written(partial):
            partial.unlink(missing_ok=True)
    (out / RECORD).unlink(missing_ok=True)
    yield
    (out / UNFINISHED).unlink()
