"""The terms of a benchmark, as a person lists them in terms.csv."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from tasks.domain.benchmark.ipa import normal
from tasks.domain.benchmark.naming import NamedTerms
from tasks.domain.benchmark.spoken import not_said
from tasks.domain.benchmark.table import read_table
from tasks.domain.errors import Fault, did_you_mean
from tasks.domain.manifest import Category
from tasks.domain.scoring.normalize import normalize

NEEDED = ("term", "entity_category")
BETWEEN = "|"  # of several sentences in one cell


@dataclass(frozen=True)
class Term:
    """A clinical term: how it is said, where a person knows, and sentences of its own."""

    term: str
    entity_category: Category
    ipa: str | None = None
    sentences: tuple[str, ...] = ()


def read_terms(text: str, file: str) -> tuple[list[Term], list[Fault]]:
    """Read terms.csv; give its terms in file order, and every fault by its line."""
    lines, faults = read_table(text, file, NEEDED)
    terms: dict[str, Term] = {}
    numbers: dict[str, int] = {}
    for number, fields in lines:
        term, category = fields["term"], fields["entity_category"]
        found = _fault(term, category, terms)
        if found:
            field, sentence = found
            faults.append(Fault(sentence, file, number, field))
            continue
        parts = fields.get("sentences", "").split(BETWEEN)
        sentences = tuple(part.strip() for part in parts if part.strip())
        ipa = normal(fields.get("ipa", "")) or None
        terms[normalize(term)] = Term(term, category, ipa, sentences)  # type: ignore[arg-type]
        numbers[normalize(term)] = number
    named = NamedTerms.of(one.term for one in terms.values())
    faults += [
        Fault(wrong, file, numbers[name], "sentences")
        for name, one in terms.items()
        for sentence in one.sentences
        if (wrong := named.wrong_with(sentence, one.term))
    ]
    if not terms and not faults:
        faults.append(Fault("expected terms; the file has none", file))
    return list(terms.values()), faults


def _fault(term: str, category: str, before: dict[str, Term]) -> tuple[str, str] | None:
    """Give the field of a line that is wrong, and what was expected."""
    known = get_args(Category)
    if not any(map(str.isalnum, term)):
        return "term", f"expected words; got {term!r}"
    if unsaid := not_said(term):
        return "term", f"expected no {unsaid!r}; got {term!r}"
    if normalize(term) in before:
        return "term", f"expected each term once; got {term!r} again"
    if category not in known:
        near = did_you_mean(category, known)
        return "entity_category", f"expected one of {', '.join(known)}; got {category!r}{near}"
    return None
