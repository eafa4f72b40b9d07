"""The terms of a benchmark as they stand in a text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.domain.scoring.normalize import normalize


@dataclass(frozen=True)
class Keywords:
    """Terms, normalized, and the numbers of words that they have: to look for in many texts.

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
        """Give the terms that stand in a text as whole words."""
        words = normalize(text).split()
        return frozenset(
            gram
            for length in self.lengths
            for start in range(len(words) - length + 1)
            if (gram := " ".join(words[start : start + length])) in self.terms
        )
