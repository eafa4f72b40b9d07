"""The sentences that a person gives for the terms of a benchmark, in sentences.csv."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.domain.errors import Fault
from tasks.domain.scoring.metrics import term_missed
from tasks.domain.scoring.normalize import normalize

NEEDED = ("term", "context_type", "text")


@dataclass(frozen=True)
class Sentence:
    """A sentence that a person gives for a term, and its context."""

    term: str
    context_type: str
    text: str


def names_another(text: str, term: str, terms: Iterable[str]) -> bool:
    """Tell whether a sentence for one term names another as well.

    One that is part of the term itself does not count.

    >>> names_another("Check lactate and ferritin.", "lactate", ["lactate", "ferritin"])
    True
    """
    rest = f" {normalize(text)} ".replace(f" {normalize(term)} ", " | ")
    own = normalize(term)
    return any(f" {normalize(other)} " in rest for other in terms if normalize(other) != own)


def read_sentences(
    text: str, file: str, terms: Iterable[str]
) -> tuple[list[Sentence], list[Fault]]:
    """Read sentences.csv; give its sentences in file order, and every fault by its line."""
    reader = csv.DictReader(text.removeprefix("\ufeff").splitlines())
    head = [name.strip() for name in reader.fieldnames or []]
    if not set(NEEDED) <= set(head):
        return [], [Fault(f"expected the columns {','.join(NEEDED)}", file, 1)]
    reader.fieldnames = head
    known = {normalize(term): term for term in terms}
    sentences: dict[str, Sentence] = {}
    faults = []
    for row in reader:
        one = Sentence(*((row.get(name) or "").strip() for name in NEEDED))
        found = _fault(one, known)
        if found is None and normalize(one.text) in sentences:
            found = "text", "expected each sentence once; it stands above"
        if found:
            faults.append(Fault(found[1], file, reader.line_num, found[0]))
            continue
        sentences[normalize(one.text)] = one
    return list(sentences.values()), faults


def _fault(sentence: Sentence, known: Mapping[str, str]) -> tuple[str, str] | None:
    """Give the column of a line that is wrong, and what was expected."""
    if normalize(sentence.term) not in known:
        return "term", f"expected a term of terms.csv; got {sentence.term!r}"
    if not sentence.context_type:
        return "context_type", "expected a word, as dictation or handoff"
    if not normalize(sentence.text) or term_missed(sentence.term, sentence.text):
        return "text", f"expected {sentence.term!r} in it; got {sentence.text!r}"
    if names_another(sentence.text, sentence.term, known.values()):
        return "text", f"expected no other term in it; got {sentence.text!r}"
    return None
