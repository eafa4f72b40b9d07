"""The changes by a candidate on the rows that decide: rows newly missed, still missed, fixed, and rows
with a newly changed dose or another critical item.

A mean hides whom it cost: a fine-tune that fixes twenty rows and breaks six looks like fourteen
fixed. Each row is classified here, so that what broke is named before anything else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from tasks.domain.manifest import Category, ClinicalRow
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.critical import Change, critical_texts, new_changes
from tasks.domain.verdict.items import KINDS, Kind

Outcome = Literal["newly missed", "still missed", "fixed", "right"]
MISSED: tuple[Outcome, ...] = ("newly missed", "still missed")  # by the candidate
SHOWN: tuple[Outcome, ...] = (*MISSED, "fixed")  # worst first
OUTCOMES: dict[tuple[int, int], Outcome] = {  # missed before, missed after
    (0, 1): "newly missed",
    (1, 1): "still missed",
    (1, 0): "fixed",
    (0, 0): "right",
}
SHOWN_TERMS = 8
NAMES: dict[Kind, str] = {
    "dose": "dose",
    "number": "number",
    "unit": "unit",
    "negation": "negation",
    "laterality": "left/right word",
}
SHOWN_CHANGES = 4


@dataclass(frozen=True)
class ChangedTerm:
    """A term, and on how many rows it had one outcome."""

    term: str
    entity_category: Category
    rows: int


@dataclass(frozen=True)
class Changes:
    """The terms of each outcome, most rows first. Rows that both models got right are left out.

    `critical` are the rows on which the candidate newly changed a dose or another critical item,
    whatever became of their term.
    """

    newly_missed: tuple[ChangedTerm, ...] = ()
    still_missed: tuple[ChangedTerm, ...] = ()
    fixed: tuple[ChangedTerm, ...] = ()
    critical: tuple[ChangedRow, ...] = ()

    def __bool__(self) -> bool:
        """Whether any row was missed, before or now, or has a newly changed critical item."""
        return bool(self.critical) or any(self.terms(outcome) for outcome in SHOWN)

    @property
    def counts(self) -> str:
        """The rows with a changed dose or another critical item, then those of each outcome.

        >>> Changes(fixed=(ChangedTerm("lisinopril", "drug", 3),)).counts
        '0 newly missed, 0 still missed, 3 fixed'
        """
        outcomes = [f"{self.rows(outcome)} {outcome}" for outcome in SHOWN]
        return ", ".join([*changed_counts(self.critical), *outcomes])

    @property
    def critical_sentences(self) -> list[str]:
        """Name the newly changed doses and other critical items, a sentence for each kind."""
        return changed_sentences(self.critical)

    def terms(self, outcome: Outcome) -> tuple[ChangedTerm, ...]:
        """The terms of one outcome."""
        found: tuple[ChangedTerm, ...] = getattr(self, outcome.replace(" ", "_"), ())
        return found

    def rows(self, outcome: Outcome) -> int:
        """The rows of one outcome."""
        return _rows(self.terms(outcome))

    def regressions(self, priority_categories: Sequence[str]) -> str:
        """Name the terms that were right before and are missed now; empty where there are none.

        Those outside the priority categories, which the headline figure does not count, come first.
        """
        if not self.newly_missed:
            return ""
        outside = [t for t in self.newly_missed if t.entity_category not in priority_categories]
        inside = [t for t in self.newly_missed if t.entity_category in priority_categories]
        count = _rows(self.newly_missed)
        sentence = f"Newly missed: {count} {'row' if count == 1 else 'rows'}"
        if outside:
            sentence += f", {_rows(outside)} outside the priority categories"
        return f"{sentence}: {named([*outside, *inside])}."


def row_outcomes(pair: Pair) -> list[Outcome]:
    """Return the change of each row, in row order."""
    both = zip(pair.comparison.missed, pair.candidate.missed, strict=True)
    return [OUTCOMES[bool(before), bool(after)] for before, after in both]


def changes(rows: Sequence[ClinicalRow], pair: Pair) -> Changes:
    """Group rows, which run in parallel with `pair`, by outcome and term."""
    terms = [(normalize(row.term), row.entity_category) for row in rows]
    outcomes = row_outcomes(pair)

    def of(wanted: Outcome) -> tuple[ChangedTerm, ...]:
        found = Counter(
            term for term, outcome in zip(terms, outcomes, strict=True) if outcome == wanted
        )
        ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        return tuple(ChangedTerm(*term, count) for term, count in ordered)

    critical = changed_rows(rows, pair)
    return Changes(of("newly missed"), of("still missed"), of("fixed"), critical)


def _rows(terms: Sequence[ChangedTerm]) -> int:
    return sum(term.rows for term in terms)


def named(terms: Sequence[ChangedTerm]) -> str:
    """Name terms, with their rows where there are several, up to a limit."""
    named = [f"{t.term} ({t.rows})" if t.rows > 1 else t.term for t in terms[:SHOWN_TERMS]]
    more = len(terms) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


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
    both = (model.critical_changes(pair.references) for model in (pair.comparison, pair.candidate))
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
