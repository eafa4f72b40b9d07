"""Spellings of a term that count as the term: none of them is another term, or another's spelling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tasks.domain.errors import Fault
from tasks.domain.scoring.normalize import normalize

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

    Rows are line number, term and spellings. Terms that differ by spaces and hyphens alone are one, as
    canonical scoring finds them alike.
    """
    listed = list(rows)
    terms = {joined(term): term for _, term, _ in reversed(listed)}
    owners: dict[str, str] = {}
    faults = []
    for number, term, accepted in listed:
        seen = set[str]()
        for spelling in accepted:
            sentence = _fault(spelling, term, terms, owners, seen)
            seen.add(normalize(spelling))
            if sentence:
                kind = sentence.partition(";")[0]
                faults.append(Fault(sentence, file, number, FIELD, kind))
            else:
                owners.setdefault(joined(spelling), term)
    return faults


def joined(text: str) -> str:
    """Write a term without its spaces and hyphens.

    >>> joined("Beta-blocker") == joined("beta blocker")
    True
    """
    return normalize(text).replace("-", "").replace(" ", "")


def _fault(
    spelling: str, term: str, terms: dict[str, str], owners: dict[str, str], seen: set[str]
) -> str:
    """Say what is wrong with a spelling of a term; empty where nothing is."""
    written, name = normalize(spelling), joined(spelling)
    own = joined(term)
    if not name:
        return f"expected words; got {spelling!r}"
    if written == normalize(term):
        return f"expected another spelling than the term; got {spelling!r}"
    if written in seen:
        return f"expected each spelling once; got {spelling!r} again"
    if name != own and name in terms:
        return f"expected a spelling of this term alone; {spelling!r} is the term {terms[name]!r}"
    if joined(owners.get(name, term)) != own:
        return f"expected a spelling of this term alone; {spelling!r} is also of {owners[name]!r}"
    return ""
