"""Make the champion of an earlier cycle the current one, once in ledger and champion.json alike."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tasks.domain.errors import DamagedFile, Fault, InvalidInput
from tasks.records.files import write_record
from tasks.records.ledger_line import ApprovalLine, DecisionLine, LedgerLine, RollbackLine
from tasks.records.stages import Champion
from tasks.workspace.ledger import (
    append_line,
    is_champion,
    now,
    promoted,
    read_champion,
    read_ledger,
    system_id,
)
from tasks.workspace.locks import LEDGER, locked, remove_partials
from tasks.workspace.models import unchanged


def roll_back(root: Path, number: int) -> RollbackLine:
    """Make the champion of an earlier cycle the current one, 0 for none; leave one ledger line.

    The line comes first: after a kill the same command finds it, and writes no second one. Raises
    InvalidInput, and changes nothing, unless that cycle's candidate was kept and its file is
    still the one that was.
    """
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    with locked(root, LEDGER):
        remove_partials(root)
        lines = read_ledger(root)
        champion = _champion_again(root, lines, number) if number else None
        line = _begun_rollback(lines, number)
        if line is None:
            line = _rollback_line(number)
            append_line(root, line)
        if champion is None:
            (root / "champion.json").unlink(missing_ok=True)
        elif _champion_or_none(root) != champion:
            write_record(root / "champion.json", champion)
    return line


def _rollback_line(number: int) -> RollbackLine:
    outcome = f"the champion of cycle {number} is restored" if number else "there is no champion"
    reasons = (f"By hand: {outcome}.",)
    return RollbackLine(cycle=number, outcome="rollback", reasons=reasons, finished_at=now())


def _begun_rollback(lines: Sequence[LedgerLine], number: int) -> RollbackLine | None:
    """Return the line of this very rollback, where nothing that names a champion came after it."""
    for line in reversed(lines):
        if isinstance(line, RollbackLine):
            return line if line.cycle == number else None
        if isinstance(line, DecisionLine | ApprovalLine):
            return None
    return None


def _champion_again(root: Path, lines: Sequence[LedgerLine], number: int) -> Champion:
    """Return the record of the champion that this cycle made; raise InvalidInput where it made none."""
    kept, answer = _kept_line(lines, number)
    champion = _champion_or_none(root)
    while champion is not None and champion.cycle >= number:
        itself = champion.cycle == number and is_champion(champion, kept)
        champion = champion.previous
        if itself:  # what it was compared with, which this cycle may have made as well
            break
    given = kept.inputs_sha256
    return promoted(number, kept.candidate, kept.finished_at, champion, answer, given)


def _champion_or_none(root: Path) -> Champion | None:
    """Return the champion; None also for a damaged one, whose way out is a rollback."""
    with suppress(DamagedFile):
        return read_champion(root)
    return None


def _kept_line(
    lines: Sequence[LedgerLine], number: int
) -> tuple[DecisionLine, ApprovalLine | None]:
    """Return the latest line in which this cycle's candidate was kept, and the answer that kept it.

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
    there = unchanged(Path(line.candidate.path), line.candidate.sha256)
    if line.candidate.path and not there:
        sentence = f"expected {line.candidate.path} as it was kept; it is gone or changed"
        raise InvalidInput([Fault(sentence, "--to")])
    return line, answer
