"""Which terms of a benchmark a text names: a row names its own, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tasks.domain.benchmark.spoken import not_said
from tasks.domain.scoring.metrics import term_missed
from tasks.domain.scoring.normalize import normalize


@dataclass(frozen=True)
class NamedTerms:
    """The terms of a benchmark as they are scored; `longest` is the most words that one has."""

    terms: frozenset[str]
    longest: int

    @classmethod
    def of(cls, terms: Iterable[str]) -> NamedTerms:
        """Take terms as they are written.

        >>> NamedTerms.of(["Uric acid", "INR"]).longest
        2
        """
        found = frozenset(map(normalize, terms))
        return cls(found, max((len(term.split()) for term in found), default=0))

    def others_in(self, text: str, term: str) -> set[str]:
        """Give the terms that a sentence for one term names as well.

        One that is part of the term itself does not count.

        >>> NamedTerms.of(["lactate", "ferritin"]).others_in("Check lactate and ferritin.", "lactate")
        {'ferritin'}
        """
        own = normalize(term)
        words = f" {normalize(text)} ".replace(f" {own} ", " | ").split()
        named = {
            " ".join(words[start : start + length])
            for start in range(len(words))
            for length in range(1, self.longest + 1)
        }
        return (named & self.terms) - {own}

    def wrong_with(self, text: str, term: str) -> str:
        """Say what was expected of a sentence for one term; empty where it can be a row.

        >>> NamedTerms.of(["timolol"]).wrong_with("Give it now.", "timolol")
        "expected 'timolol' in it; got 'Give it now.'"
        """
        if not normalize(text) or term_missed(term, text):
            return f"expected {term!r} in it; got {text!r}"
        if unsaid := not_said(text):
            return f"expected no {unsaid!r}; got {text!r}"
        if self.others_in(text, term):
            return f"expected no other term in it; got {text!r}"
        return ""
