"""What was spoken and what a model transcribed, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.finding import found, term_forms

Kind = Literal["same", "term", "left out", "added", "changed"]
KINDS: dict[str, Kind] = {"equal": "same", "insert": "added", "replace": "changed"}


@dataclass(frozen=True)
class Words:
    """Some words in a row, and what became of them."""

    kind: Kind
    text: str


def mark_term(text: str, term: str, accepted: Sequence[str] = ()) -> list[Words]:
    """Divide a text into the words before its term, the term, and the words after it.

    >>> [words.text for words in mark_term("Start cefazolin, 2 g", "cefazolin")]
    ['Start', 'cefazolin,', '2 g']
    """
    words, forms = text.split(), term_forms(term, tuple(accepted))
    for length in range(1, len(words) + 1):  # the shortest part that holds it
        for start in range(len(words) - length + 1):
            part = words[start : start + length]
            if found(forms, " ".join(part)):
                before, after = words[:start], words[start + length :]
                return _spans(("same", before), ("term", part), ("same", after))
    return _spans(("same", words))


def compare_words(reference: str, hypothesis: str) -> list[Words]:
    """Write a hypothesis with the words that it left out, added, or has in another's place.

    Two ways of writing the same are no change: words are compared in the canonical view.

    >>> [(words.kind, words.text) for words in compare_words("no left lung", "left lungs today")]
    [('left out', 'no'), ('same', 'left'), ('changed', 'lungs today')]
    """
    spoken, transcribed = reference.split(), hypothesis.split()
    if canonical(reference) == canonical(hypothesis):
        return _spans(("same", transcribed))
    expected, written = (list(map(_canonical_word, words)) for words in (spoken, transcribed))
    aligned = SequenceMatcher(None, expected, written, autojunk=False)
    spans: list[tuple[Kind, Sequence[str]]] = []
    for step, first, last, start, end in aligned.get_opcodes():
        if step == "delete":
            spans.append(("left out", spoken[first:last]))
        else:
            spans.append((KINDS[step], transcribed[start:end]))
    return _spans(*spans)


@lru_cache(maxsize=50_000)
def _canonical_word(word: str) -> str:
    """Write one word canonically; a page has few words that are not repeated."""
    return canonical(word)


def _spans(*parts: tuple[Kind, Sequence[str]]) -> list[Words]:
    return [Words(kind, " ".join(words)) for kind, words in parts if words]
