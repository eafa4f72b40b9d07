"""The sentences that a person gives for the terms of a benchmark, in sentences.csv."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.benchmark.naming import NamedTerms
from tasks.benchmark.table import read_table
from tasks.domain.errors import Fault
from tasks.domain.scoring.normalize import normalize

NEEDED = ("term", "context_type", "text")


@dataclass(frozen=True)
class Sentence:
    """A sentence that a person gives for a term, and its context."""

    term: str
    context_type: str
    text: str


def read_sentences(text: str, file: str, named: NamedTerms) -> tuple[list[Sentence], list[Fault]]:
    """Read sentences.csv; give its sentences in file order, and every fault by its line.

    `named` are the terms of terms.csv.
    """
    lines, faults = read_table(text, file, NEEDED)
    sentences: dict[str, Sentence] = {}
    for number, fields in lines:
        one = Sentence(*(fields[name] for name in NEEDED))
        found = _fault(one, named)
        if found is None and normalize(one.text) in sentences:
            found = "text", "expected each sentence once; it stands above"
        if found:
            faults.append(Fault(found[1], file, number, found[0]))
            continue
        sentences[normalize(one.text)] = one
    return list(sentences.values()), faults


def _fault(sentence: Sentence, named: NamedTerms) -> tuple[str, str] | None:
    """Give the column of a line that is wrong, and what was expected."""
    if normalize(sentence.term) not in named.terms:
        return "term", f"expected a term of terms.csv; got {sentence.term!r}"
    if not sentence.context_type:
        return "context_type", "expected a word, as dictation or handoff"
    wrong = named.wrong_with(sentence.text, sentence.term)
    return ("text", wrong) if wrong else None
