"""Spellings of a term that count as the term: none of them is another term, or another's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.domain.errors import Fault
from tasks.domain.scoring.finding import term_forms
from tasks.domain.scoring.normalize import normalize
from tasks.domain.words import too_long

BETWEEN = "|"  # of several spellings in one cell
FIELD = "accepted"


def spellings(cell: str) -> tuple[str, ...]:
    """Read the spellings of a cell; one that is empty stays, and is a fault.

    >>> spellings("beta blocker | β-blocker"), spellings("")
    (('beta blocker', 'β-blocker'), ())
    """
    return tuple(part.strip() for part in cell.split(BETWEEN)) if cell.strip() else ()


def accepted_faults(rows: Iterable[tuple[int, str, Sequence[str]]], file: str) -> list[Fault]:
    """Name each spelling that is empty, the term itself, another term or accepted for another.

    Rows are line number, term and spellings. Spellings are compared in their canonical forms, in which
    hyphens, spaces and capitals make no difference.
    """
    listed = list(rows)
    if not any(accepted for _, _, accepted in listed):
        return []
    owners: dict[str, str] = {}
    for _, term, _ in listed:
        for form in term_forms(term).forms:
            owners.setdefault(form, term)
    own = {normalize(term) for _, term, _ in listed}
    faults = []
    for number, term, accepted in listed:
        seen = set[str]()
        for spelling in accepted:
            sentence = _fault(spelling, term, owners, own, seen)
            seen.add(normalize(spelling))
            if sentence:
                kind = sentence.partition(";")[0]
                faults.append(Fault(sentence, file, number, FIELD, kind))
                continue
            for form in term_forms(spelling).forms:
                owners.setdefault(form, term)
    return faults


def _fault(spelling: str, term: str, owners: dict[str, str], own: set[str], seen: set[str]) -> str:
    """Return the fault of a spelling of a term; empty where it has none."""
    written = normalize(spelling)
    if not written.strip("- "):
        return f"expected words; got {spelling!r}"
    if long := too_long(spelling):
        return long
    if written == normalize(term):
        return f"expected another spelling than the term; got {spelling!r}"
    if written in seen:
        return f"expected each spelling once; got {spelling!r} again"
    names = [owners[form] for form in term_forms(spelling).forms if form in owners]
    other = next((name for name in names if normalize(name) != normalize(term)), None)
    if other is None:
        return ""
    what = "is" if written in own else "counts as"
    return f"expected a spelling of this term alone; {spelling!r} {what} {other!r}"
