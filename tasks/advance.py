"""Stage advance: find which cycle a sweep builds next, and record why it builds none."""

from __future__ import annotations

from pathlib import Path

from tasks.benchmark.growth import Advance, EndedCycle, advance
from tasks.logs import log
from tasks.records.ledger_line import BuildLine, DecisionLine, GateLine
from tasks.workspace.ledger import now, read_ledger, record_in_ledger
from tasks.workspace.open import POLICY_FILE, read_policy


def next_build(root: Path, built: int = 0) -> Advance:
    """Return the next step by the ledger, `built` being built already, or why no cycle is built.

    Nothing is written where no cycle has ended.
    """
    cycles = ended_cycles(root)
    found = advance(cycles, read_policy(root / POLICY_FILE).advance, built)
    log().info("advance: %s", found.why)
    if found.build is None and cycles:
        record_stop(root, cycles[-1].number, found.why)
    return found


def record_stop(root: Path, number: int, why: str) -> None:
    """Write down why a sweep goes no further than this cycle."""
    line = BuildLine(cycle=number, outcome="advance:stopped", reasons=(why,), finished_at=now())
    record_in_ledger(root, line)


def ended_cycles(root: Path) -> list[EndedCycle]:
    """Return every cycle as its latest line has it; one that is not decided again yet has not ended."""
    latest: dict[int, DecisionLine | GateLine] = {}
    for line in read_ledger(root):
        if isinstance(line, DecisionLine | GateLine):
            latest[line.cycle] = line
    return [
        EndedCycle(
            number,
            line.outcome,
            line.priority.relative_drop if isinstance(line, DecisionLine) else None,
            line.spent.hours if line.spent else 0.0,
        )
        for number, line in sorted(latest.items())
    ]
