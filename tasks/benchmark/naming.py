"""Which terms of a benchmark a text names: a row names its own, and no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from tasks.domain.scoring.metrics import term_missed
from tasks.domain.scoring.normalize import normalize
from tasks.domain.spoken.forms import not_said, unsaid


@dataclass(frozen=True)
class NamedTerms:
    """The terms of a benchmark as they are scored; `longest` is the most words that one has.

    `spellings` are those accepted for a term, each with that term.
    """

    terms: frozenset[str]
    longest: int
    spellings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(
        cls, terms: Iterable[str], accepted: Mapping[str, Sequence[str]] | None = None
    ) -> NamedTerms:
        """Take terms as they are written, and the spellings accepted for some of them.

        >>> NamedTerms.of(["Uric acid", "INR"]).longest
        2
        """
        found = frozenset(map(normalize, terms))
        others = {
            (normalize(spelling), normalize(term))
            for term, spellings in (accepted or {}).items()
            for spelling in spellings
        }
        names = [*found, *(spelling for spelling, _ in others)]
        return cls(
            found, max((len(name.split()) for name in names), default=0), tuple(sorted(others))
        )

    @cached_property
    def _term_of(self) -> dict[str, str]:
        """The term of each name: of itself, or of a spelling that is accepted for it."""
        return dict(self.spellings) | {term: term for term in self.terms}

    def others_in(self, text: str, term: str) -> set[str]:
        """Return the terms that a sentence for one term names as well, also by an accepted spelling.

        One that is part of the term itself, or of a spelling of it, does not count.

        >>> NamedTerms.of(["lactate", "ferritin"]).others_in("Check lactate and ferritin.", "lactate")
        {'ferritin'}
        """
        own = normalize(term)
        forms = [own, *(spelling for spelling, of in self.spellings if of == own)]
        rest = f" {normalize(text)} "
        for form in sorted(forms, key=len, reverse=True):
            rest = rest.replace(f" {form} ", " | ")
        words = rest.split()
        named = {
            " ".join(words[start : start + length])
            for start in range(len(words))
            for length in range(1, self.longest + 1)
        }
        return {self._term_of[name] for name in named & self._term_of.keys()} - {own}

    def wrong_with(self, text: str, term: str) -> str:
        """Say what was expected of a sentence for one term; empty where it can be a row.

        >>> NamedTerms.of(["timolol"]).wrong_with("Give it now.", "timolol")
        "expected 'timolol' in it; got 'Give it now.'"
        """
        if not normalize(text) or term_missed(term, text):
            return f"expected {term!r} in it; got {text!r}"
        if pictures := not_said(text):
            return f"expected no {pictures!r}; got {text!r}"
        if left := unsaid(text):
            return f"expected words; {left!r} has none in {text!r}"
        if self.others_in(text, term):
            return f"expected no other term in it; got {text!r}"
        return ""
