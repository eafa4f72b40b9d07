"""Terms in canonical words: hyphen, space and joined are the same, abbreviations may be spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise, product

from tasks.domain.scoring.canonical import View, canonical
from tasks.domain.scoring.characters import DASHES, name_greek_letters
from tasks.domain.scoring.normalize import normalize
from tasks.domain.scoring.number_words import is_number
from tasks.domain.scoring.units import COUNTED

MOST_PARTS = 6  # of a term that are joined in every way; of a longer one none are
HYPHEN = f"[-{DASHES}]"
HYPHENATED = re.compile(rf"(?<![^\W\d_])[^\W\d_]+(?:{HYPHEN}[^\W\d_]+)+")
INNER_BOUNDARY = re.compile(rf"[\s/]+|{HYPHEN}")
ABBREVIATION = re.compile(r"(?=[^\W_]*[A-Z][^\W_]*[A-Z]|[^\W_]*[A-Z][^\W_]*[0-9])[^\W_]{2,7}")
WITHOUT_VOWELS = re.compile(r"[bcdfghjklmnpqrstvwxz]{2,5}")
SPELLED = re.compile("[A-Za-z](?: [A-Za-z])+")
LETTERS = re.compile(r"[^\W\d_]+")
CHARACTER = re.compile(r"[0-9]+|[^\W0-9_]")


@dataclass(frozen=True)
class TermForms:
    """The canonical texts that are a term: that of each spelling, its joined forms, its letters.

    `counted` are forms that it has after a number only. A term that is a unit ("tablets") has no form:
    it is one of `units`, looked for as it is written, since two of them may be one in canonical words.
    """

    term: str
    forms: frozenset[str]
    counted: frozenset[str]
    units: frozenset[str] = frozenset()


def term_forms(term: str, accepted: Iterable[str] = ()) -> TermForms:
    """Return the forms of a term and of its accepted spellings.

    >>> sorted(term_forms("Beta-blocker").forms)
    ['beta blocker', 'betablocker']
    >>> sorted(term_forms("5-FU", ["fluorouracil"]).forms)
    ['5 fu', 'fluorouracil']
    """
    return _remembered(term, tuple(accepted))


def forms_of(term: str, accepted: Sequence[str], view: View) -> TermForms:
    """Return the forms that count as a term; accepted spellings count in the canonical view alone."""
    if view == "canonical":
        return term_forms(term, accepted)
    return TermForms(term, frozenset([normalize(term)]), frozenset())


@lru_cache(maxsize=50_000)
def _remembered(term: str, accepted: tuple[str, ...]) -> TermForms:
    units = {one.lower() for one in (term, *accepted)} & COUNTED.keys()
    written = [one for one in (term, *accepted) if one.lower() not in units]
    spellings = list(dict.fromkeys(way for one in written for way in _spellings(one)))
    forms = frozenset(form for one in spellings if (form := canonical(one)))
    forms |= {
        one.lower() for one in spellings if SPELLED.fullmatch(one)
    }  # in a longer row of letters
    after_number = [canonical(f"11 {one}").partition(" ") for one in spellings]
    counted = frozenset(rest for number, _, rest in after_number if number == "11" and rest) - forms
    return TermForms(term, forms, counted, frozenset(units))


def _spellings(term: str) -> list[str]:
    """Return the ways to write a term: as it is, joined, without apostrophes, by its letters."""
    ways = [term, *_joined(term), ABBREVIATION.sub(_letters, term)]
    if re.fullmatch(WITHOUT_VOWELS, term):
        ways.append(_letters(term))
    return ways + [re.sub("['’]", "", way) for way in ways if re.search("['’]", way)]


def _letters(found: re.Match[str] | str) -> str:
    """Part the letters of an abbreviation.

    >>> _letters("HbA1c"), _letters("COVID")
    ('H b A 1 c', 'C O V I D')
    """
    return " ".join(CHARACTER.findall(found if isinstance(found, str) else found[0]))


def _joined(term: str) -> list[str]:
    """Join the parts of a term in every way, where letters are on both sides of the boundary."""
    parts = [part for part in INNER_BOUNDARY.split(name_greek_letters(term)) if part]
    if not 1 < len(parts) <= MOST_PARTS:
        return []
    choices = [
        (" ", "") if left[-1].isalpha() and right[0].isalpha() else (" ",)
        for left, right in pairwise(parts)
    ]
    return [
        parts[0] + "".join(gap + part for gap, part in zip(gaps, parts[1:], strict=True))
        for gaps in product(*choices)
        if "" in gaps
    ]


def found(forms: TermForms, hypothesis: str) -> bool:
    """Return whether a term is in a hypothesis, as whole canonical words in order, adjacent.

    >>> found(term_forms("beta blocker"), "a betablocker"), found(term_forms("co-amoxiclav"), "coamoxiclav")
    (True, True)
    >>> found(term_forms("cefazolin"), "cefa zolin"), found(term_forms("type 1"), "type 1.5")
    (False, False)
    """
    return found_in(forms, canonical(hypothesis), hypothesis)


def found_in(forms: TermForms, words: str, hypothesis: str) -> bool:
    """Return whether a term is in a hypothesis whose canonical words are known already."""
    padded = f" {words} "
    for form in forms.forms:
        if f" {form} " in padded:
            return True
    if any(_counted(form, padded) for form in forms.counted):
        return True
    if forms.units and not forms.units.isdisjoint(LETTERS.findall(hypothesis.lower())):
        return True
    return any(
        f" {form} " in f" {canonical(text)} "
        for text in hyphens_closed(hypothesis)
        for form in forms.forms
    )


def place_of(forms: TermForms, words: Sequence[str]) -> tuple[int, int] | None:
    """Return the begin and end of a term among canonical words; None where it is not found.

    >>> place_of(term_forms("beta-blocker"), ["the", "beta", "blocker", "helps"])
    (1, 3)
    """
    known = {tuple(form.split()) for form in forms.forms}
    lengths = sorted({len(form) for form in known}, reverse=True)
    for start in range(len(words)):
        for length in lengths:
            if tuple(words[start : start + length]) in known:
                return start, start + length
    return None


def _counted(form: str, padded: str) -> bool:
    """Return whether a form is in a text with a number before it."""
    before, found_there, _ = padded.partition(f" {form} ")
    return bool(found_there) and re.search(r"[0-9]$", before) is not None


def hyphens_closed(text: str) -> list[str]:
    """Return a text with its hyphenated words joined, and then the parts of longer ones.

    >>> hyphens_closed("on co-amoxiclav now"), hyphens_closed("on it")
    (['on coamoxiclav now'], [])
    >>> hyphens_closed("a-b-c")
    ['abc', 'ab', 'bc']
    """
    if text.isascii() and "-" not in text:
        return []
    chains = [re.split(HYPHEN, one) for one in HYPHENATED.findall(text)]
    if not chains:
        return []
    closed = HYPHENATED.sub(lambda one: re.sub(HYPHEN, "", one[0]), text)
    longer = [parts for parts in chains if 2 < len(parts) <= MOST_PARTS]
    return [closed] + [
        "".join(parts[start:end])
        for parts in longer
        for start in range(len(parts) - 1)
        for end in range(start + 2, len(parts) + 1)
        if end - start < len(parts)
    ]


@dataclass(frozen=True)
class Finder:
    """Many terms, to look for in many texts: a text takes as long as its words, however many terms.

    >>> finder = Finder.of(["Mitral valve", "valve", "lung"], [(), (), ("pulmo",)])
    >>> sorted(finder.found_in("Start mitral-valve repair, pulmo clear"))
    ['Mitral valve', 'lung', 'valve']
    """

    terms: dict[str, frozenset[str]]  # by form
    counted: dict[str, frozenset[str]]  # by form after a number
    units: dict[str, frozenset[str]]  # by the word as it is written
    lengths: dict[str, tuple[int, ...]]  # of forms, in words, by their first word
    _found: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, terms: Iterable[str], accepted: Iterable[Sequence[str]] | None = None) -> Finder:
        """Index terms; their accepted spellings, where there are some, run in parallel."""
        known = list(terms)
        spellings = [()] * len(known) if accepted is None else list(accepted)
        by_form: dict[str, set[str]] = {}
        counted: dict[str, set[str]] = {}
        units: dict[str, set[str]] = {}
        for term, others in zip(known, spellings, strict=True):
            forms = term_forms(term, others)
            for form in forms.forms:
                by_form.setdefault(form, set()).add(term)
            for form in forms.counted:
                counted.setdefault(form, set()).add(term)
            for unit in forms.units:
                units.setdefault(unit, set()).add(term)
        lengths: dict[str, set[int]] = {}
        for form in (*by_form, *counted):
            words = form.split()
            lengths.setdefault(words[0], set()).add(len(words))
        return cls(
            _frozen(by_form),
            _frozen(counted),
            _frozen(units),
            {first: tuple(sorted(counts)) for first, counts in lengths.items()},
        )

    def found_in(self, text: str) -> frozenset[str]:
        """Return the terms that are in a text, each as it was written when it was indexed.

        A text is searched once: a verdict looks at it against several others.
        """
        if text not in self._found:
            self._found[text] = self._search(text)
        return self._found[text]

    def _search(self, text: str) -> frozenset[str]:
        found_terms = {
            term
            for version in (text, *hyphens_closed(text))
            for term in self.found_in_words(canonical(version).split())
        }
        for unit in self.units.keys() & LETTERS.findall(text.lower()) if self.units else ():
            found_terms |= self.units[unit]
        return frozenset(found_terms)

    def found_in_words(self, words: Sequence[str]) -> frozenset[str]:
        """Return the terms, other than units, that are in canonical words."""
        found_terms: set[str] = set()
        for start, word in enumerate(words):
            for length in self.lengths.get(word, ()):
                form = " ".join(words[start : start + length])
                found_terms |= self.terms.get(form, frozenset())
                if start and is_number(words[start - 1]):
                    found_terms |= self.counted.get(form, frozenset())
        return frozenset(found_terms)


def _frozen(index: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    return {form: frozenset(terms) for form, terms in index.items()}
