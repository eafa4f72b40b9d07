"""The ledger as a table or a text: what was tried, on what, and why it was kept or not."""

from __future__ import annotations

import textwrap
from pathlib import Path

from tasks.domain.errors import Fault, InvalidInput
from tasks.domain.scoring.leaderboard import table
from tasks.domain.scoring.metrics import rate
from tasks.records.ledger_line import LedgerLine
from tasks.records.record import ModelRecord
from tasks.report.ledger_entries import Entry, ledger_entries, system_name
from tasks.workspace.ledger import read_champion, read_ledger

HEAD = ["Cycle", "When (UTC)", "Outcome", "Priority KER", "Newly missed", "Fixed"]
MORE = ["Compared", "Changed", "Note", "Anchor", "Why", "Spent", "Report"]
INDENT = 9
WIDTH = 100 - 2 * INDENT  # of the words below the figures, in a terminal of 100 columns


def ledger_table(root: Path) -> str:
    """Write every line, oldest first, and the champion, as a table in markdown."""
    entries = ledger_entries(root, ledger_lines(root))
    return _page(table([*HEAD, *MORE], [[*_figures(one), *_words(one)] for one in entries]), root)


def ledger_text(root: Path) -> str:
    """Write the same for a terminal of 100 columns: figures in a line, words below them."""
    entries = ledger_entries(root, ledger_lines(root))
    figures = [HEAD, *map(_figures, entries)]
    widths = [max(len(row[column]) for row in figures) for column in range(len(HEAD))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in figures]
    return _page("\n".join([lines[0], *map(_with_words, lines[1:], entries)]), root)


def ledger_lines(root: Path) -> list[LedgerLine]:
    """Read the ledger; raise InvalidInput where there is no workspace."""
    require_workspace(root)
    return read_ledger(root)


def require_workspace(root: Path) -> None:
    """Raise InvalidInput where there is no folder."""
    if not root.is_dir():
        raise InvalidInput([Fault(f"expected a folder; {root} does not exist", "--workspace")])


def _page(entries: str, root: Path) -> str:
    champion, named = read_champion(root), "No champion"
    if champion:
        kept = ModelRecord(
            name=champion.path or champion.sha256,
            path=champion.path,
            sha256=champion.sha256,
            decoding=champion.decoding,
        )
        named = f"Champion: cycle {champion.cycle}, {system_name(kept)}"
    return f"{entries}\n\n{named}.\n" if read_ledger(root) else f"The ledger is empty. {named}.\n"


def _figures(entry: Entry) -> list[str]:
    before, after = rate(entry.ker_before), rate(entry.ker_after)
    ker = before if entry.ker_after is None else f"{before} → {after}"
    counts = [entry.cycle, entry.newly_missed, entry.fixed]
    cycle, newly, fixed = ("–" if count is None else str(count) for count in counts)
    return [cycle, entry.when, entry.outcome, ker, newly, fixed]


def _words(entry: Entry) -> list[str]:
    changed = "" if entry.changed is None else "; ".join(entry.changed) or "nothing"
    notes = "; ".join(entry.notes)
    return [entry.compared, changed, notes, entry.anchor, entry.why, entry.spent, entry.report]


def _with_words(figures: str, entry: Entry) -> str:
    """Put the words of an entry below its figures; of the reason, which may be long, one line."""
    below = []
    for name, words in zip(MORE, _words(entry), strict=True):
        shown = textwrap.shorten(words, WIDTH, placeholder=" …") if name == "Why" else words
        for number, line in enumerate(textwrap.wrap(shown, WIDTH, break_on_hyphens=False)):
            label = "" if number else name.lower()
            below.append(f"{'':{INDENT}}{label:{INDENT}}{line}")
    return "\n".join([figures, *below])
