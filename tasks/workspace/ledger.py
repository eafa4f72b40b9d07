"""The memory of a workspace: the ledger of every finished cycle, and the champion that stands.

Both are changed under one lock.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.workspace.files import read_lines, write_jsonl, write_record
from tasks.workspace.ledger_lines import (
    ApprovalLine,
    BuildLine,
    DecisionLine,
    GateLine,
    LedgerLine,
    RollbackLine,
)
from tasks.workspace.locks import LEDGER, locked
from tasks.workspace.models import unchanged
from tasks.workspace.paths import Cycle
from tasks.workspace.record import ModelRecord, read_record
from tasks.workspace.records import ApprovalRecord, Champion

WAY_OUT = (
    "put back a copy of it, or run the cycle with --repair, which sets it aside and keeps the lines "
    "that can be read"
)


def now() -> str:
    """Give the time as records write it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_ledger(root: Path) -> list[LedgerLine]:
    """Give every line, oldest first; raise DamagedFile with the first that is none."""
    lines: list[LedgerLine] = read_lines(root / "ledger.jsonl", LedgerLine, WAY_OUT)
    return lines


def record_in_ledger(root: Path, line: GateLine | DecisionLine | BuildLine) -> None:
    """Append a finished cycle or a build, once for the same inputs and outcome."""
    with locked(root, LEDGER):
        _append_once(root, line)


def record_decision(cycle: Cycle, line: DecisionLine, approval: ApprovalRecord | None) -> None:
    """Append a decided cycle and, when its candidate was kept, make that the champion.

    Unless a later cycle has made one since, or the policy asks a person who has not approved it. An
    override keeps a candidate that the verdict did not keep.
    """
    said_yes = approval is not None and approval.decision == "yes"
    kept = line.override or (
        line.outcome == "keep" and (cycle.policy.approval == "off" or said_yes)
    )
    with locked(cycle.root, LEDGER):
        champion = read_champion(cycle.root)
        later = champion is not None and champion.cycle > cycle.number
        if kept and not later:
            previous = champion_before(cycle.root, cycle.number)
            answer = _approval_line(approval) if approval else None
            promote(cycle.root, cycle.number, line.candidate, line.finished_at, previous, answer)
        _append_once(cycle.root, line)
        if approval is not None:
            _append_once(cycle.root, _approval_line(approval))


def _approval_line(approval: ApprovalRecord) -> ApprovalLine:
    return ApprovalLine(
        cycle=approval.cycle,
        outcome="approved" if approval.decision == "yes" else "declined",
        reviewer=approval.reviewer,
        override=bool(approval.overridden),
        reasons=(approval.sentence,),
        candidate=approval.candidate,
        inputs_sha256=approval.inputs_sha256,
        finished_at=approval.answered_at,
    )


def _append_once(root: Path, line: GateLine | DecisionLine | ApprovalLine | BuildLine) -> None:
    """Append a line unless the latest of its cycle, and of its kind, says the same."""
    lines = read_ledger(root)
    alike = [old for old in lines if old.cycle == line.cycle and _kind(old) == _kind(line)]
    latest = alike[-1] if alike else None
    if latest is None or _identity(latest) != _identity(line):
        _write(root, [*lines, line])


def _kind(line: LedgerLine) -> str:
    """Tell lines of which each says something of its own on a cycle."""
    if isinstance(line, BuildLine):
        return line.outcome
    return "answer" if isinstance(line, ApprovalLine) else "verdict"


def _identity(line: LedgerLine) -> tuple[str, str | None, tuple[str, ...] | None]:
    """What a line is of: a candidate that was trained again is another one, and another look."""
    if isinstance(line, BuildLine):
        return line.outcome, line.manifest_sha256, None if line.manifest_sha256 else line.reasons
    judged = line if isinstance(line, DecisionLine | ApprovalLine) else None
    return line.outcome, line.inputs_sha256, system_id(judged.candidate) if judged else None


def system_id(model: ModelRecord) -> tuple[str, ...]:
    """Tell systems apart: by model and decoding."""
    return str(model.sha256), model.decoding.sha256


def _write(root: Path, lines: Sequence[LedgerLine]) -> None:
    write_jsonl(
        root / "ledger.jsonl", [line.model_dump(mode="json", by_alias=True) for line in lines]
    )


def read_champion(root: Path) -> Champion | None:
    """Give the model now kept, None where none is."""
    return read_record(root / "champion.json", Champion)


def champion_before(root: Path, number: int) -> Champion | None:
    """Give the champion a cycle is compared with: the latest that this cycle did not make."""
    champion = read_champion(root)
    while champion is not None and champion.cycle >= number:
        champion = champion.previous
    return champion


def promote(
    root: Path,
    number: int,
    model: ModelRecord,
    decided_at: str,
    previous: Champion | None,
    answer: ApprovalLine | None = None,
) -> None:
    """Make a cycle's kept candidate the champion; the ledger's lock must be held."""
    champion = Champion(
        path=model.path,
        sha256=str(model.sha256),
        cycle=number,
        decided_at=decided_at,
        previous=previous,
        approval=answer.reasons[0] if answer else None,
        override=answer is not None and answer.override,
        decoding=model.decoding,
    )
    write_record(root / "champion.json", champion)


def roll_back(root: Path, number: int) -> RollbackLine:
    """Make the champion of an earlier cycle stand again, 0 for none; leave a ledger line.

    Raises InvalidInput, and changes nothing, unless that cycle's candidate was kept and its file is
    still the one that was.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    with locked(root, LEDGER):
        lines = read_ledger(root)
        if number:
            kept, answer = _kept_line(lines, number)
            previous = None
            with suppress(DamagedFile):  # a rollback is the way out of a damaged champion.json
                previous = champion_before(root, number)
            promote(root, number, kept.candidate, kept.finished_at, previous, answer)
            outcome = f"the champion of cycle {number} stands again"
        else:
            (root / "champion.json").unlink(missing_ok=True)
            outcome = "no champion stands"
        line = RollbackLine(
            cycle=number, outcome="rollback", reasons=(f"By hand: {outcome}.",), finished_at=now()
        )
        _write(root, [*lines, line])
    return line


def _kept_line(
    lines: Sequence[LedgerLine], number: int
) -> tuple[DecisionLine, ApprovalLine | None]:
    """Give the latest line in which this cycle's candidate was kept, and the answer that kept it.

    Raises InvalidInput without one.
    """
    answers = {
        (line.cycle, system_id(line.candidate)): line
        for line in lines
        if isinstance(line, ApprovalLine) and line.outcome == "approved"
    }
    kept = []
    for line in lines:
        if not isinstance(line, DecisionLine):
            continue
        answer = answers.get((line.cycle, system_id(line.candidate)))
        overridden = answer is not None and answer.override
        if overridden or (line.outcome == "keep" and (line.approval is None or answer)):
            kept.append((line, answer))
    found = [(line, answer) for line, answer in kept if line.cycle == number]
    if not found:
        known = sorted({line.cycle for line, _ in kept})
        kept_ones = f"a cycle that was kept, {', '.join(map(str, known))}, or 0"
        expected = kept_ones if known else "0, since no cycle was kept yet"
        sentence = f"expected {expected}; got {number}"
        raise InvalidInput([Fault(sentence, "--to")])
    line, answer = found[-1]
    if not unchanged(Path(line.candidate.path), line.candidate.sha256):
        sentence = f"expected {line.candidate.path} as it was kept; it is gone or changed"
        raise InvalidInput([Fault(sentence, "--to")])
    return line, answer
