"""The two views that a transcript is scored in: as published, and as it was spoken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tasks.domain.scoring import canonical, normalize
from tasks.domain.scoring.finding import TermForms, term_forms

View = Literal["published", "canonical"]
VERSIONS: dict[View, str] = {"published": normalize.VERSION, "canonical": canonical.VERSION}


def scoring_id(view: View) -> str:
    """Name a view and the version of its rules, as records carry it.

    >>> scoring_id("published")
    'published 1'
    """
    return f"{view} {VERSIONS[view]}"


def words_of(text: str, view: View) -> str:
    """Write a text in the words of a view.

    >>> words_of("Take 1.5 mg", "published"), words_of("Take 1.5 mg", "canonical")
    ('take 15 mg', 'take 1.5 milligram')
    """
    return canonical.canonical(text) if view == "canonical" else normalize.normalize(text)


def forms_of(term: str, accepted: Sequence[str], view: View) -> TermForms:
    """Return what counts as a term; accepted spellings count in the canonical view alone."""
    if view == "canonical":
        return term_forms(term, accepted)
    return TermForms(term, frozenset([normalize.normalize(term)]), frozenset())
