"""Many texts in the alphabet of a base: which were written in another way, which cannot be written."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.respell import Kind, Respelled, respell

KINDS: dict[Kind, str] = {
    "case": "in lower case",
    "punctuation": "without some punctuation",
    "numbers": "with numbers in words",
    "accents": "without accents",
    "symbols": "without symbols",
}
SHOWN_TERMS = 20


@dataclass(frozen=True)
class SpelledTexts:
    """Texts as a base can write them, None where it cannot; in the order of the texts given.

    `rewritten` counts the texts that differ from those given, `by_kind` in what (a text may count in
    several), `reasons` has by position why a text cannot be written.
    """

    texts: tuple[str | None, ...]
    rewritten: int = 0
    by_kind: Mapping[Kind, int] = field(default_factory=dict)
    reasons: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def changed(self) -> bool:
        """Whether any text is not trained on as it was given."""
        return bool(self.rewritten or self.reasons)

    @cached_property
    def sha256(self) -> str:
        """The digest of the texts as they are written."""
        whole = "\n".join("" if text is None else f"={text}" for text in self.texts)
        return hashlib.sha256(whole.encode()).hexdigest()


def spell_texts(texts: Sequence[str], alphabet: Alphabet | UnknownAlphabet) -> SpelledTexts:
    """Write texts in an alphabet; as they are where the alphabet is not known.

    >>> spelled = spell_texts(["Lung", "lung", "lung µ"], Alphabet(frozenset("lung")))
    >>> spelled.texts, spelled.rewritten, dict(spelled.by_kind)
    (('lung', 'lung', None), 1, {'case': 1})
    >>> spelled.reasons[2]
    "the base cannot write 'µ'"
    """
    if isinstance(alphabet, UnknownAlphabet):
        return SpelledTexts(tuple(texts))
    written: list[str | None] = []
    kinds: Counter[Kind] = Counter()
    rewritten, reasons = 0, {}
    for position, text in enumerate(texts):
        spelled = respell(text, alphabet)
        if isinstance(spelled, Respelled):
            written.append(spelled.text)
            rewritten += spelled.text != text
            kinds.update(spelled.kinds)
        else:
            written.append(None)
            reasons[position] = spelled.reason
    return SpelledTexts(tuple(written), rewritten, in_order(kinds), reasons)


def in_order(kinds: Mapping[Kind, int]) -> dict[Kind, int]:
    """Return counts by kind, in the order of the kinds, without those that are 0."""
    return {kind: kinds[kind] for kind in KINDS if kinds.get(kind)}


def rewritten_sentence(rows: int, rewritten: int, by_kind: Mapping[Kind, int], refused: int) -> str:
    """Return a sentence with the number of rows rewritten in the alphabet of the base; empty for none.

    >>> rewritten_sentence(270, 270, {"case": 270, "numbers": 12}, 3)
    '270 of 270 rows are trained in the alphabet of the base (270 in lower case, 12 with numbers in \
words); 3 of them are left out: the base cannot write them'
    """
    how = ", ".join(f"{count} {KINDS[kind]}" for kind, count in by_kind.items())
    lines = []
    if rewritten:
        lines.append(f"{rewritten} of {rows} rows are trained in the alphabet of the base ({how})")
    if refused:
        whose = "of them " if rewritten else f"of {rows} rows "
        lines.append(f"{refused} {whose}are left out: the base cannot write them")
    return "; ".join(lines)


@dataclass(frozen=True)
class UnwritableTerm:
    """A term that the base can never write, and how many rows have it."""

    term: str
    rows: int
    reason: str


@dataclass(frozen=True)
class BenchmarkSpelling:
    """A benchmark in the alphabet of the base that would be trained.

    `alphabet` describes it in words. `spellable_priority` counts rows of priority categories.
    """

    alphabet: str
    rows: int = 0
    rewritten: int = 0
    unspellable: int = 0
    terms: tuple[UnwritableTerm, ...] = ()
    spellable_priority: bool = True

    @property
    def sentences(self) -> list[str]:
        """Return the sentences on terms and rows that the base cannot write; none where it can write all."""
        lines = []
        if self.terms:
            lines.append(unwritable_sentence(self.terms))
        if self.unspellable:
            have, are = ("has", "it is") if self.unspellable == 1 else ("have", "they are")
            lines.append(
                f"{self.unspellable} of {self.rows} rows {have} characters that the base cannot "
                f"write: {are} not trained on."
            )
        return lines


def benchmark_spelling(
    texts: Sequence[str],
    terms: Sequence[str],
    trainable: Sequence[bool],
    alphabet: Alphabet | UnknownAlphabet,
) -> BenchmarkSpelling:
    """Compare a benchmark with the alphabet of a base.

    `texts`, `terms` and `trainable` run in parallel: a row's sentence, its term, and whether it is a
    priority row that may be trained on.
    """
    spelled = spell_texts(texts, alphabet)
    wanted = [spelled.texts[row] is not None for row, wanted in enumerate(trainable) if wanted]
    return BenchmarkSpelling(
        alphabet=alphabet.words,
        rows=len(texts),
        rewritten=spelled.rewritten,
        unspellable=len(spelled.reasons),
        terms=unwritable_terms(terms, alphabet),
        spellable_priority=any(wanted) or not wanted,
    )


def unwritable_terms(
    terms: Sequence[str], alphabet: Alphabet | UnknownAlphabet
) -> tuple[UnwritableTerm, ...]:
    """Return the terms that cannot be written in an alphabet in any way, in alphabetical order.

    >>> unwritable_terms(["lung", "Lung µ", "Lung µ"], Alphabet(frozenset("lungm")))
    (UnwritableTerm(term='Lung µ', rows=2, reason="the base cannot write 'µ'"),)
    """
    found: list[UnwritableTerm] = []
    if isinstance(alphabet, UnknownAlphabet):
        return ()
    for term, rows in sorted(Counter(terms).items()):
        spelled = respell(term, alphabet)
        if not isinstance(spelled, Respelled):
            found.append(UnwritableTerm(term, rows, spelled.reason))
    return tuple(found)


def unwritable_sentence(terms: Sequence[UnwritableTerm]) -> str:
    """Name terms that the base can never write, `SHOWN_TERMS` of them at most.

    >>> unwritable_sentence([UnwritableTerm("½ normal", 4, "")])
    'The base can never write 1 term (4 rows), so no fine-tune can learn it: ½ normal.'
    """
    count, rows = len(terms), sum(one.rows for one in terms)
    names = [one.term for one in terms[:SHOWN_TERMS]]
    more = f" and {count - SHOWN_TERMS} others" if count > SHOWN_TERMS else ""
    what, it = ("term", "it") if count == 1 else ("terms", "them")
    return (
        f"The base can never write {count} {what} ({rows} row{'s' * (rows != 1)}), so no fine-tune "
        f"can learn {it}: {', '.join(names)}{more}."
    )
