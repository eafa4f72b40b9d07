"""The terms of a benchmark and the phrases that are boosted, to look for in many texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from tasks.domain.manifest import ClinicalRow
from tasks.domain.scoring.canonical import View, canonical
from tasks.domain.scoring.finding import Finder, term_forms
from tasks.domain.scoring.normalize import normalize
from tasks.domain.verdict.comparison import Pair


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


def known_terms(rows: Sequence[ClinicalRow], view: View, boosted: Sequence[str] = ()) -> KnownTerms:
    """Index the terms of a benchmark, in the canonical view with their accepted spellings, and every
    phrase that a system boosts and that is no way to write one of them.

    >>> row = ClinicalRow.model_construct(term="5-FU", accepted=("fluorouracil",))
    >>> boosted = ["5 fu", "fluorouracil", "warfarin"]
    >>> sorted(known_terms([row], "canonical", boosted).found_in("Fluorouracil, warfarin"))
    ['5-FU', 'warfarin']
    """
    if view == "published":
        return Keywords.of([*(row.term for row in rows), *boosted])
    accepted = {row.term: row.accepted for row in rows}
    forms = {form for term, others in accepted.items() for form in term_forms(term, others).forms}
    names = {normalize(term) for term in accepted}
    phrases = {normalize(phrase): phrase for phrase in boosted}
    accepted |= {
        phrase: ()
        for name, phrase in phrases.items()
        if name not in names and canonical(phrase) not in forms
    }
    return Finder.of(accepted.keys(), accepted.values())


@dataclass(frozen=True)
class Invented:
    """A boosted phrase that nobody spoke, and the rows in which each system wrote it."""

    phrase: str
    comparison: Annotated[int, Field(alias="base")]
    candidate: int

    @property
    def text(self) -> str:
        """
        >>> Invented("warfarin", 0, 7).text
        'warfarin in 0 → 7 rows'
        """
        return f"{self.phrase} in {self.comparison} → {self.candidate} rows"


def invented(
    pairs: Sequence[Pair], rows: Sequence[ClinicalRow], boosted: Sequence[str], known: KnownTerms
) -> tuple[Invented, ...]:
    """Name the boosted phrases that were written where nobody spoke them, the candidate's most first.

    One that is another spelling of a term of these `rows` counts as that term. `known` are the terms
    of the rows and the boosted phrases.
    """
    named = {normalize(phrase) for phrase in boosted}
    named |= {
        normalize(row.term)
        for row in rows
        if named & {normalize(one) for one in (row.term, *row.accepted)}
    }
    counts: tuple[Counter[str], Counter[str]] = Counter(), Counter()
    for pair in pairs:
        for counted, model in zip(counts, (pair.comparison, pair.candidate), strict=True):
            for reference, text in zip(pair.references, model.texts, strict=True):
                if text != reference:
                    counted.update(known.found_in(text) - known.found_in(reference))
    before, after = counts
    return tuple(
        Invented(phrase, before[phrase], after[phrase])
        for phrase in sorted(before | after, key=lambda name: (-after[name], name))
        if normalize(phrase) in named
    )
