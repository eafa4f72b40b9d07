"""The memory of a workspace: the ledger of every finished cycle, and the present champion.

Both are changed under one lock. Each line of ledger.jsonl holds the digest of the line before it; those
that were written before lines were chained hold none, and stay valid as they are.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.records.files import digest, read_lines, write_atomic, write_record
from tasks.records.ledger_line import (
    ApprovalLine,
    BuildLine,
    DecisionLine,
    GateLine,
    LedgerLine,
    RollbackLine,
    ServedLine,
)
from tasks.records.reading import LINES_BYTES, UTF_16, read_regular
from tasks.records.record import ModelRecord, Record, read_record
from tasks.records.stages import ApprovalRecord, Champion
from tasks.workspace.cycle import Cycle
from tasks.workspace.locks import LEDGER, locked

CHECKS_DUE = 2  # checks of a served model in a row that found it worse: its cycle is due
WAY_OUT = (
    "put back a copy of it, or run the cycle with --repair, which sets it aside and keeps the lines "
    "that can be read"
)
LEDGER_FILE = "ledger.jsonl"
PREVIOUS = "previous_sha256"


def now() -> str:
    """Return the time as records write it: ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def read_ledger(root: Path) -> list[LedgerLine]:
    """Return every line, oldest first; raise DamagedFile with the first that is none."""
    lines: list[LedgerLine] = read_lines(root / LEDGER_FILE, LedgerLine, WAY_OUT)
    return lines


def record_in_ledger(root: Path, line: GateLine | DecisionLine | BuildLine) -> None:
    """Append a finished cycle or a build, once for the same inputs and outcome."""
    with locked(root, LEDGER):
        _append_once(root, line)


def record_served(root: Path, line: ServedLine, *, again: bool) -> None:
    """Append a check of a served model; with `again`, unless the latest line is of the same answers.

    Two checks may find the same, and both count. One that ended after it was recorded is run again.
    """
    with locked(root, LEDGER):
        lines = read_ledger(root)
        latest = lines[-1] if lines else None
        recorded = isinstance(latest, ServedLine) and latest.answers_sha256 == line.answers_sha256
        if not (again and recorded):
            append_line(root, line)


def served_worse(root: Path, champion: Champion) -> ServedLine | None:
    """Return the latest check of a champion where it and the one before, of the same kind, were worse.

    Checks of a server, of an exported model and of hypotheses are kinds of their own.
    """
    kept = champion.cycle, (champion.sha256, champion.decoding.sha256)
    kinds: dict[str, list[ServedLine]] = {}
    for line in read_ledger(root):
        if isinstance(line, ServedLine) and (line.cycle, system_id(line.candidate)) == kept:
            kinds.setdefault(line.source, []).append(line)
    latest = [lines[-CHECKS_DUE:] for lines in kinds.values() if len(lines) >= CHECKS_DUE]
    worse = [lines[-1] for lines in latest if all(line.worse for line in lines)]
    return worse[-1] if worse else None


def record_decision(cycle: Cycle, line: DecisionLine, approval: ApprovalRecord | None) -> None:
    """Append a decided cycle and, when its candidate was kept, make that the champion.

    Unless a later cycle has made one since, or the policy asks a person who has not approved it. An
    override keeps a candidate that the verdict did not keep.
    """
    approved = approval is not None and approval.decision == "yes"
    kept = line.override or (
        line.outcome == "keep" and (cycle.policy.approval == "off" or approved)
    )
    answer = _approval_line(approval) if approval else None
    written: list[DecisionLine | ApprovalLine] = [line, *([answer] if answer else [])]
    with locked(cycle.root, LEDGER):
        champion = read_champion(cycle.root)
        later = champion is not None and champion.cycle > cycle.number
        if kept and not later and not _rolled_back_since(cycle.root, written):
            previous = champion_up_to(cycle.root, cycle.number)
            if previous and previous.cycle == cycle.number and is_champion(previous, line):
                previous = previous.previous  # it was promoted already
            promote(
                cycle.root,
                cycle.number,
                line.candidate,
                line.finished_at,
                previous,
                answer,
                line.inputs_sha256,
            )
        for one in written:
            _append_once(cycle.root, one)


def _rolled_back_since(root: Path, written: Sequence[DecisionLine | ApprovalLine]) -> bool:
    """Whether all of this is in the ledger already, and a person rolled back after it."""
    lines = read_ledger(root)
    latest = [_latest(lines, one) for one in written]
    if any(old is None or not _same(old, one) for old, one in zip(latest, written, strict=True)):
        return False
    places = [place for place, line in enumerate(lines) if any(line is old for old in latest)]
    return any(isinstance(line, RollbackLine) for line in lines[max(places) :])


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
    """Append a line unless the latest of its cycle, and of its kind, has the same content."""
    latest = _latest(read_ledger(root), line)
    if latest is None or not _same(latest, line):
        append_line(root, line)


def _latest(lines: Sequence[LedgerLine], line: LedgerLine) -> LedgerLine | None:
    """Return the latest line of the same cycle that is of the same kind."""
    alike = [old for old in lines if old.cycle == line.cycle and _kind(old) == _kind(line)]
    return alike[-1] if alike else None


def _same(old: LedgerLine, line: LedgerLine) -> bool:
    """Whether two lines have the same content; figures are compared where both lines have their digest."""
    if _identity(old) != _identity(line):
        return False
    judged = [one.judged_sha256 for one in (old, line) if isinstance(one, DecisionLine)]
    return None in judged or len(set(judged)) < 2


def _kind(line: LedgerLine) -> str:
    """Return the kind of a line: of each kind a cycle has its own latest line."""
    if isinstance(line, BuildLine | ServedLine):
        return line.outcome
    return "answer" if isinstance(line, ApprovalLine) else "verdict"


def _identity(line: LedgerLine) -> tuple[str, str | None, tuple[str, ...] | None]:
    """The subject of a line: a candidate that was trained again is another one, and another look."""
    if isinstance(line, BuildLine):
        return line.outcome, line.manifest_sha256, None if line.manifest_sha256 else line.reasons
    if isinstance(line, GateLine) and line.system:
        return line.outcome, line.inputs_sha256, (line.system,)
    judged = line if isinstance(line, DecisionLine | ApprovalLine) else None
    return line.outcome, line.inputs_sha256, system_id(judged.candidate) if judged else None


def system_id(model: ModelRecord) -> tuple[str, ...]:
    """Return the identity of a system: its model, or the name of one without a file here, and decoding."""
    return model.sha256 or model.name, model.decoding.sha256


def identity_of(model: ModelRecord) -> str:
    """Return the digest of model and decoding, that of the system as well."""
    return digest(*system_id(model))


def read_champion(root: Path) -> Champion | None:
    """Return the model now kept, None where none is."""
    return read_record(root / "champion.json", Champion)


def champion_up_to(root: Path, number: int) -> Champion | None:
    """Return the latest champion that this cycle or an earlier one made."""
    champion = read_champion(root)
    while champion is not None and champion.cycle > number:
        champion = champion.previous
    return champion


def is_champion(champion: Champion, line: DecisionLine) -> bool:
    """Return whether a champion is the candidate of this line."""
    return (champion.sha256, champion.decoding.sha256) == system_id(line.candidate)


def inputs_of(root: Path, champion: Champion) -> str | None:
    """Return the digest of the inputs that a champion was kept with; None where nothing names it."""
    if champion.inputs_sha256 is not None:
        return champion.inputs_sha256
    lines = [line for line in read_ledger(root) if isinstance(line, DecisionLine)]
    own = [line for line in lines if line.cycle == champion.cycle and is_champion(champion, line)]
    return own[-1].inputs_sha256 if own else None


def promote(
    root: Path,
    number: int,
    model: ModelRecord,
    decided_at: str,
    previous: Champion | None,
    answer: ApprovalLine | None = None,
    inputs_sha256: str | None = None,
) -> None:
    """Make a cycle's kept candidate the champion; the ledger's lock must be held."""
    champion = promoted(number, model, decided_at, previous, answer, inputs_sha256)
    write_record(root / "champion.json", champion)


def promoted(
    number: int,
    model: ModelRecord,
    decided_at: str,
    previous: Champion | None,
    answer: ApprovalLine | None,
    inputs_sha256: str | None,
) -> Champion:
    """Return the record of a cycle's kept candidate as the champion."""
    return Champion(
        path=model.path,
        sha256=model.sha256 or model.name,
        cycle=number,
        decided_at=decided_at,
        previous=previous,
        inputs_sha256=inputs_sha256,
        approval=answer.reasons[0] if answer else None,
        override=answer is not None and answer.override,
        decoding=model.decoding,
    )


def raw_lines(path: Path) -> list[bytes]:
    """Read the lines of a ledger as they are, without a mark of byte order; none without a file.

    Raises OSError for what is no regular file.
    """
    try:
        content = read_regular(path, LINES_BYTES)
    except FileNotFoundError:
        return []
    content = content.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n")
    return content.split(b"\n") if content else []


def lines_to_repair(content: bytes) -> list[bytes]:
    """Split a damaged ledger into lines, whatever an editor made of its encoding and its ends.

    >>> lines_to_repair('\\ufeff{"a": 1}\\n\\n'.encode("utf-16"))
    [b'{"a": 1}', b'']
    """
    if content.startswith(UTF_16):
        content = content.decode("utf-16", errors="replace").encode("utf-8")
    lines = content.removesuffix(b"\n").split(b"\n")
    return [line.removeprefix(codecs.BOM_UTF8).strip() for line in lines]


def line_sha256(line: bytes) -> str:
    """Return the digest of a line; white space at its ends, which editors change, is not in it.

    >>> line_sha256(b'{"cycle": 1}\\r') == line_sha256(b'{"cycle": 1}')
    True
    """
    return hashlib.sha256(line.strip()).hexdigest()


def append_line(root: Path, line: Record) -> None:
    """Append a line that holds the digest of the one before; the earlier ones stay byte for byte."""
    earlier = raw_lines(root / LEDGER_FILE)
    fields = line.model_dump(mode="json", by_alias=True)
    _write(root / LEDGER_FILE, [*earlier, _chained(fields, earlier)])


def chain_again(path: Path, lines: Sequence[bytes]) -> None:
    """Write these lines as a ledger in which each holds the digest of the line before it."""
    written: list[bytes] = []
    chained = False  # lines before the first chained one stay as they are
    for line in lines:
        fields = json.loads(line)
        chained = chained or bool(fields.get(PREVIOUS))
        written.append(_chained(fields, written) if chained else line)
    _write(path, written)


def chain_faults(lines: Sequence[bytes]) -> list[str]:
    """Return the lines of a ledger that do not follow from the line before them.

    >>> first, second = b'{"cycle": 1}', b'{"cycle": 2, "previous_sha256": "ab"}'
    >>> chain_faults([first, second])
    ['ledger.jsonl:2: it does not follow from line 1: a line was changed, removed or inserted']
    >>> chain_faults([first, b'{"cycle": 2}'])
    []
    """
    faults, chained = [], False
    for number, line in enumerate(lines, 1):
        given = json.loads(line).get(PREVIOUS)
        expected = line_sha256(lines[number - 2]) if number > 1 else None
        if (given or chained) and given != expected:
            where = f"line {number - 1}" if number > 1 else "the beginning"
            faults.append(
                f"{LEDGER_FILE}:{number}: it does not follow from {where}: a line was changed, removed or "
                "inserted"
            )
        chained = chained or bool(given)
    return faults


def _chained(fields: dict[str, Any], earlier: Sequence[bytes]) -> bytes:
    fields[PREVIOUS] = line_sha256(earlier[-1]) if earlier else None
    return json.dumps(fields, ensure_ascii=False).encode()


def _write(path: Path, lines: Sequence[bytes]) -> None:
    write_atomic(path, b"".join(line + b"\n" for line in lines))
