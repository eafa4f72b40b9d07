"""The terms of a benchmark, to look for in many texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.finding import Finder
from tasks.domain.scoring.normalize import normalize
from tasks.domain.scoring.views import View


@dataclass(frozen=True)
class Keywords:
    """Terms of the published view, and the numbers of words that they have.

    >>> known = Keywords.of(["Mitral valve", "valve", "lung"])
    >>> sorted(known.found_in("Start mitral valve repair"))
    ['mitral valve', 'valve']
    """

    terms: frozenset[str]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, terms: Iterable[str]) -> Keywords:
        known = frozenset(normalize(term) for term in terms)
        return cls(known, tuple(sorted({len(term.split()) for term in known})))

    def found_in(self, text: str) -> frozenset[str]:
        """Return the terms that are in a text as whole words."""
        words = normalize(text).split()
        return frozenset(
            gram
            for length in self.lengths
            for start in range(len(words) - length + 1)
            if (gram := " ".join(words[start : start + length])) in self.terms
        )


KnownTerms = Keywords | Finder


def known_terms(rows: Sequence[ClinicalRow], view: View) -> KnownTerms:
    """Index the terms of a benchmark, in the canonical view with their accepted spellings.

    >>> row = ClinicalRow.model_construct(term="5-FU", accepted=("fluorouracil",))
    >>> known_terms([row], "canonical").found_in("Fluorouracil twice")
    frozenset({'5-FU'})
    """
    if view == "published":
        return Keywords.of(row.term for row in rows)
    accepted = {row.term: row.accepted for row in rows}
    return Finder.of(accepted.keys(), accepted.values())
