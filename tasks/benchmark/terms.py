"""The terms of a benchmark, as a person lists them in terms.csv, and which of them a text names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

from tasks.benchmark.ipa import ipa_fault, normal
from tasks.benchmark.table import read_table
from tasks.domain.accepted import FIELD, accepted_faults, spellings
from tasks.domain.errors import Fault, did_you_mean
from tasks.domain.manifest import Category
from tasks.domain.scoring.normalize import normalize, term_missed
from tasks.domain.spoken.forms import unpronounced, unsaid
from tasks.domain.words import too_long

NEEDED = ("term", "entity_category")
BETWEEN = "|"  # of several sentences in one cell


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
        """Return the fault of a sentence for one term; empty where it can be a row.

        >>> NamedTerms.of(["timolol"]).wrong_with("Give it now.", "timolol")
        "expected 'timolol' in it; got 'Give it now.'"
        """
        if not normalize(text) or term_missed(term, text):
            return f"expected {term!r} in it; got {text!r}"
        if pictures := unpronounced(text):
            return f"expected no {pictures!r}; got {text!r}"
        if left := unsaid(text):
            return f"expected words; {left!r} has none in {text!r}"
        if self.others_in(text, term):
            return f"expected no other term in it; got {text!r}"
        return ""


@dataclass(frozen=True)
class Term:
    """A clinical term: its pronunciation, where a person gave one, and sentences of its own.

    `accepted` are spellings that count as the term in a transcript.
    """

    term: str
    entity_category: Category
    ipa: str | None = None
    sentences: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()


def read_terms(text: str, file: str) -> tuple[list[Term], list[Fault]]:
    """Read terms.csv; return its terms in file order, and every fault by its line."""
    lines, faults = read_table(text, file, NEEDED)
    terms: dict[str, Term] = {}
    numbers: dict[str, int] = {}
    for number, fields in lines:
        term, category = fields["term"], fields["entity_category"]
        found = _fault(term, category, terms) or _ipa_fault(fields.get("ipa", ""))
        if found:
            field, sentence = found
            faults.append(Fault(sentence, file, number, field))
            continue
        parts = fields.get("sentences", "").split(BETWEEN)
        sentences = tuple(part.strip() for part in parts if part.strip())
        ipa = normal(fields.get("ipa", "")) or None
        accepted = spellings(fields.get(FIELD, ""))
        terms[normalize(term)] = Term(term, category, ipa, sentences, accepted)  # type: ignore[arg-type]
        numbers[normalize(term)] = number
    faults += accepted_faults(
        ((numbers[name], one.term, one.accepted) for name, one in terms.items()), file
    )
    named = named_terms(list(terms.values()))
    faults += [
        Fault(wrong, file, numbers[name], "sentences")
        for name, one in terms.items()
        for sentence in one.sentences
        if (wrong := named.wrong_with(sentence, one.term))
    ]
    if not terms and not faults:
        faults.append(Fault("expected terms; the file has none", file))
    return list(terms.values()), faults


def named_terms(terms: Sequence[Term]) -> NamedTerms:
    """Return a finder of these terms in a text, by themselves and by their accepted spellings."""
    accepted = {one.term: one.accepted for one in terms if one.accepted}
    return NamedTerms.of((one.term for one in terms), accepted)


def word_fault(term: str) -> str:
    """Return the fault of a term by itself; empty where it can be one.

    >>> word_fault("timolol"), word_fault("-")
    ('', "expected words; got '-'")
    """
    if not any(map(str.isalnum, term)):
        return f"expected words; got {term!r}"
    if pictures := unpronounced(term):
        return f"expected no {pictures!r}; got {term!r}"
    if left := unsaid(term):
        return f"expected words; {left!r} has none in {term!r}"
    return too_long(term)


def _fault(term: str, category: str, before: dict[str, Term]) -> tuple[str, str] | None:
    """Return the field of a line that is wrong, and what was expected."""
    known = get_args(Category)
    if wrong := word_fault(term):
        return "term", wrong
    if normalize(term) in before:
        return "term", f"expected each term once; got {term!r} again"
    if category not in known:
        near = did_you_mean(category, known)
        return "entity_category", f"expected one of {', '.join(known)}; got {category!r}{near}"
    return None


def _ipa_fault(ipa: str) -> tuple[str, str] | None:
    """Return the column of an IPA without sound, and what was expected; an empty cell is none."""
    sentence = ipa_fault(ipa) if ipa else ""
    return ("ipa", sentence) if sentence else None
