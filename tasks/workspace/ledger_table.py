"""The ledger as a table: what was tried, on what, and why it was kept or not."""

from __future__ import annotations

from pathlib import Path

from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.scoring.leaderboard import rate, table
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.records import DecisionLine, GateLine, LedgerLine

HEAD = ["Cycle", "When (UTC)", "Outcome", "Compared with", "Run", "Held-out KER", "Why"]


def ledger_table(root: Path) -> str:
    """Write every line, oldest first, and the champion, in markdown."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])
    champion, lines = read_champion(root), read_ledger(root)
    stands = "No champion"
    if champion:
        kept = _model(champion.path, champion.sha256, champion.decoding)
        stands = f"Champion: cycle {champion.cycle}, {kept}"
    if not lines:
        return f"The ledger is empty. {stands}.\n"
    return f"{table(HEAD, [_cells(line) for line in lines])}\n\n{stands}.\n"


def _cells(line: LedgerLine) -> list[object]:
    comparison, run, ker = "–", "–", "–"
    if isinstance(line, DecisionLine):
        comparison = _model(line.base.path or line.base.name, line.base.sha256, line.base.decoding)
        run = line.run
        ker = f"{rate(line.priority.ker_comparison)} → {rate(line.priority.ker_candidate)}"
    if isinstance(line, GateLine):
        ker = rate(line.priority_ker)
    when = line.finished_at[:16].replace("T", " ")
    why = line.reasons[0] if line.reasons else ""
    if isinstance(line, DecisionLine) and line.outcome == "keep" and line.open_guards:
        why += f" Kept with open guards: {', '.join(line.open_guards)}."
    return [line.cycle, when, line.outcome, comparison, run, ker, why]


def _model(path: str, sha256: str | None, decoding: DecodingConfig) -> str:
    """Name a system by its file, the start of its digest, and its decoding unless it is greedy."""
    name = path.rsplit("/", 1)[-1]
    named = f"{name} {sha256[:8]}" if sha256 else name
    return named if decoding == GREEDY else f"{named}, {decoding.name}"
