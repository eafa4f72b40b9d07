"""Critical items that the candidate changed on rows where the comparison model has them right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.critical import Change, critical_changes, critical_texts, new_changes
from tasks.domain.verdict.items import KINDS, Kind

NAMES: dict[Kind, str] = {
    "dose": "dose",
    "number": "number",
    "unit": "unit",
    "negation": "negation",
    "laterality": "side",
}
SHOWN_CHANGES = 8


@dataclass(frozen=True)
class ChangedRow:
    """A row on which the candidate newly changed critical items, with those changes."""

    term: str
    audio_filepath: str
    changes: tuple[Change, ...]

    def of(self, kind: Kind) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind == kind]


def newly_changed(pair: Pair) -> list[tuple[Change, ...]]:
    """Return the changes of each row that the candidate makes and the comparison model does not."""
    both = (
        critical_changes(pair.references, model.texts)
        for model in (pair.comparison, pair.candidate)
    )
    return [new_changes(before, after) for before, after in zip(*both, strict=True)]


def changed_rows(rows: Sequence[ClinicalRow], pair: Pair) -> tuple[ChangedRow, ...]:
    """Return the rows with newly changed items; `rows` run in parallel with `pair`.

    A number that belongs to a missed term (B12, type 1 diabetes) is left out: the term is named as
    missed.
    """
    found = []
    new = newly_changed(pair)
    for row, changes, missed in zip(rows, new, pair.candidate.missed, strict=True):
        term_items = critical_texts(row.term) if changes and missed else []
        counted = tuple(change for change in changes if change.before not in term_items)
        if counted:
            found.append(ChangedRow(row.term, row.audio_filepath, counted))
    return tuple(found)


def changed_counts(rows: Sequence[ChangedRow]) -> list[str]:
    """Count the rows with a newly changed item by kind, doses first; empty where there is none.

    >>> changed_counts([ChangedRow("warfarin", "1.wav", (Change("dose", "1.5 mg", "15 mg", 10.0),))])
    ['1 with a changed dose']
    """
    counts = [(kind, sum(bool(row.of(kind)) for row in rows)) for kind in KINDS]
    return [f"{count} with a changed {NAMES[kind]}" for kind, count in counts if count]


def changed_sentences(rows: Sequence[ChangedRow]) -> list[str]:
    """Name the newly changed items, a sentence for each kind, doses first.

    >>> changed_sentences([ChangedRow("warfarin", "1.wav", (Change("dose", "1.5 mg", "15 mg", 10.0),))])
    ['Dose changed in 1 row: 1.5 mg → 15 mg (×10) in 1.wav (warfarin).']
    """
    return [_sentence(kind, found) for kind in KINDS if (found := [r for r in rows if r.of(kind)])]


def _sentence(kind: Kind, rows: Sequence[ChangedRow]) -> str:
    named = [
        f"{change.text_with_factor} in {row.audio_filepath} ({row.term})"
        for row in rows
        for change in row.of(kind)
    ]
    more = len(named) - SHOWN_CHANGES
    listed = "; ".join(named[:SHOWN_CHANGES]) + (f" and {more} more" if more > 0 else "")
    count = f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}"
    return f"{NAMES[kind].capitalize()} changed in {count}: {listed}."
