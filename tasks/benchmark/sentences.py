"""The sentences of a benchmark: the project's own, and those of sentences.csv."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tasks.benchmark.table import read_table
from tasks.benchmark.terms import NamedTerms
from tasks.domain.errors import Fault
from tasks.domain.manifest import Category
from tasks.domain.scoring.normalize import normalize

AN = re.compile(r"[aeioAEIO]|[uU](?![nr]i|[rst]e)|[hH](?=our|onest|eir)|[FHLMNRSX](?=[A-Z0-9])")
ARTICLE = re.compile(r"\b(a|an) \{\}", re.I)
OWN = Path(__file__).with_name("sentences.txt")
SECTION = re.compile(r"\[(\w+)\.(\w+)\]\n")  # [category.context], then a sentence a line
NEEDED = ("term", "context_type", "text")


@cache
def own_sentences() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the project's sentences by category and context, each with {} for the term."""
    sentences: dict[str, dict[str, tuple[str, ...]]] = {}
    _, *parts = SECTION.split(OWN.read_text(encoding="utf-8"))
    for category, context, lines in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        sentences.setdefault(category, {})[context] = tuple(lines.strip().split("\n"))
    return sentences


def templates(category: Category) -> Mapping[str, tuple[str, ...]]:
    """Return the project's sentences for a category by their context."""
    return own_sentences()[category]


def fill(template: str, term: str) -> str:
    """Put a term into a template; `a` and `an` follow its first sound.

    >>> fill("She had a {} today.", "angiogram"), fill("He needs an {} now.", "stent")
    ('She had an angiogram today.', 'He needs a stent now.')
    """

    def article(match: re.Match[str]) -> str:
        word = "an" if AN.match(term) else "a"
        return f"{word.capitalize() if match[1][0].isupper() else word} {{}}"

    return ARTICLE.sub(article, template).replace("{}", term)


@dataclass(frozen=True)
class Sentence:
    """A sentence that a person gives for a term, and its context."""

    term: str
    context_type: str
    text: str


def read_sentences(text: str, file: str, named: NamedTerms) -> tuple[list[Sentence], list[Fault]]:
    """Read sentences.csv; return its sentences in file order, and every fault by its line.

    `named` are the terms of terms.csv.
    """
    lines, faults = read_table(text, file, NEEDED)
    sentences: dict[str, Sentence] = {}
    for number, fields in lines:
        one = Sentence(*(fields[name] for name in NEEDED))
        found = _fault(one, named)
        if found is None and normalize(one.text) in sentences:
            found = "text", "expected each sentence once; it is above already"
        if found:
            faults.append(Fault(found[1], file, number, found[0]))
            continue
        sentences[normalize(one.text)] = one
    return list(sentences.values()), faults


def _fault(sentence: Sentence, named: NamedTerms) -> tuple[str, str] | None:
    """Return the column of a line that is wrong, and what was expected."""
    if normalize(sentence.term) not in named.terms:
        return "term", f"expected a term of terms.csv; got {sentence.term!r}"
    if not sentence.context_type:
        return "context_type", "expected a word, as dictation or handoff"
    wrong = named.wrong_with(sentence.text, sentence.term)
    return ("text", wrong) if wrong else None
