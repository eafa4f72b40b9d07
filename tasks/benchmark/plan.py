"""Plan sentence, voice and condition of each row of a term: each taken once before any is again.

Their order is drawn for each term from the term and the seed alone, so that its rows stay the same
whatever other terms there are, and in whatever order. Acceptance rows, for people who have none, are
planned too: known terms, in sentences and voices that nothing trained on.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice, zip_longest
from typing import TypeVar

import numpy as np

from tasks.benchmark.conditions import Condition
from tasks.benchmark.sentences import Sentence, fill, templates
from tasks.benchmark.terms import NamedTerms, Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import Category, ClinicalRow
from tasks.domain.scoring.normalize import normalize

Card = TypeVar("Card")
GAP = "this-term"
TRIES = 20  # of all there is, to find the last combination too
Key = tuple[str, str, Condition]  # text, voice_id and condition, which no two rows share


@dataclass(frozen=True)
class Voice:
    """A voice of an engine."""

    engine: str
    name: str

    @property
    def voice_id(self) -> str:
        """Name it as a row does.

        >>> Voice("espeak", "en-us").voice_id
        'espeak:en-us'
        """
        return f"{self.engine}:{self.name}"


@dataclass(frozen=True)
class PlannedRow:
    """One row to make: a term in a sentence, a voice and a condition."""

    term: Term
    text: str
    context_type: str
    voice: Voice
    condition: Condition

    @property
    def key(self) -> Key:
        return self.text, self.voice.voice_id, self.condition


@dataclass(frozen=True)
class WantedRows:
    """So many rows of a term; contexts and noise levels are empty where any will do."""

    term: Term
    rows: int
    context_types: tuple[str, ...] = ()
    noise_levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sources:
    """The sources of rows: contexts, voices and conditions in their turn, sentences, a seed.

    `names` are all terms of the benchmark, of which no other is in a sentence of the project.
    `reserved` are sentences, normalized, that no row may have.
    """

    contexts: Sequence[str]
    voices: Sequence[Voice]
    conditions: Sequence[Condition]
    sentences: Sequence[Sentence]
    names: NamedTerms
    seed: int
    reserved: frozenset[str] = frozenset()

    def free(self, texts: Iterable[str]) -> list[str]:
        """Leave out sentences that are reserved."""
        return [text for text in texts if not self.reserved or normalize(text) not in self.reserved]


def planned_as(row: ClinicalRow, condition: Condition, term: Term) -> PlannedRow:
    """Write a row that an engine spoke as a plan has it."""
    engine, _, voice = row.voice_id.partition(":")
    return PlannedRow(term, row.text, row.context_type, Voice(engine, voice), condition)


def in_turn(voices: Mapping[str, Sequence[str]]) -> list[Voice]:
    """Take a voice of each engine in turn.

    >>> [voice.voice_id for voice in in_turn({"a": ["1", "2"], "b": ["3"]})]
    ['a:1', 'b:3', 'a:2']
    """
    columns = [[Voice(engine, name) for name in names] for engine, names in voices.items()]
    return [voice for voice in chain(*zip_longest(*columns)) if voice]


def plan_rows(
    wanted: Sequence[WantedRows], carried: Collection[Key], sources: Sources
) -> list[PlannedRow]:
    """Return the rows of every term that is wanted, beside those carried over; terms in alphabetical order.

    Fewer than are wanted, where a term has no other sentence, voice and condition to take.
    """
    taken, rows = set(carried), list[PlannedRow]()
    for one in sorted(wanted, key=lambda one: normalize(one.term.term)):
        found = _rows_of(one, sources, taken)
        taken |= {row.key for row in found}
        rows += found
    return rows


def in_another_voice(
    row: PlannedRow, voices: Sequence[Voice], taken: Collection[Key]
) -> PlannedRow | None:
    """Return a row to the next voice that has none like it; None where there is none."""
    place = voices.index(row.voice) + 1 if row.voice in voices else 0
    others = [replace(row, voice=voice) for voice in (*voices[place:], *voices[:place])]
    return next((one for one in others if one.key not in taken), None)


def rows_short(wanted: Sequence[WantedRows], planned: Sequence[PlannedRow]) -> dict[str, int]:
    """Return the number of rows wanted and not planned, by term, of those that lack some."""
    short: Counter[str] = Counter()
    for one in wanted:
        short[one.term.term] += one.rows
    short.subtract(row.term.term for row in planned)
    return {term: rows for term, rows in short.items() if rows}


def context_faults(terms: Sequence[Term], sources: Sources, file: str) -> list[Fault]:
    """Name the contexts in which a term has no sentence, neither its own nor the project's."""
    missing = [
        (context, term.entity_category, term.term)
        for term in terms
        for context, texts in sentences_of(term, sources).items()
        if not texts
    ]
    kept = " that acceptance.jsonl does not have" if sources.reserved else ""
    kinds = {(context, category): term for context, category, term in reversed(missing)}
    return [
        Fault(
            f"expected sentences of context {context!r} for each {category}, of which the project "
            f"has none; {term!r} has none here{kept}",
            file,
        )
        for (context, category), term in reversed(kinds.items())
    ]


def sentences_of(term: Term, sources: Sources) -> dict[str, list[str]]:
    """Return a term's sentences by context: its own, else the project's that name no other term.

    Those beside the term in the list of terms are of the contexts in their order. The project's
    begin at another place for each term.
    """
    found: dict[str, list[str]] = {context: [] for context in sources.contexts}
    for number, text in enumerate(term.sentences):
        found[sources.contexts[number % len(sources.contexts)]] += sources.free([text])
    for sentence in sources.sentences:
        if normalize(sentence.term) == normalize(term.term) and sentence.context_type in found:
            found[sentence.context_type] += sources.free([sentence.text])
    for context, texts in found.items():
        if not texts:
            project = _named_in(term.entity_category, context, sources.names)
            own = {normalize(term.term)}
            fit = [fill(template, term.term) for template, named in project if named <= own]
            start = _number(sources.seed, term, context) % max(1, len(fit))
            texts.extend(sources.free(fit[start:] + fit[:start]))
    return found


@lru_cache(maxsize=256)  # the same for all terms of a category
def _named_in(
    category: Category, context: str, names: NamedTerms
) -> list[tuple[str, frozenset[str]]]:
    """Return the project's sentences of a context, each with the terms that it names beside its own."""
    return [
        (template, frozenset(names.others_in(fill(template, GAP), GAP)))
        for template in templates(category).get(context, ())
    ]


def _rows_of(wanted: WantedRows, sources: Sources, taken: Collection[Key]) -> list[PlannedRow]:
    """Assign contexts, voices and conditions, each from shuffled lists of its own, apart from each other.

    Noise levels that are asked for are conditions of the sources, else pink noise of that level.
    """
    term = wanted.term
    sentences = {context: texts for context, texts in sentences_of(term, sources).items() if texts}
    contexts = [one for one in sentences if one in wanted.context_types] or list(sentences)
    of_plan = [one for one in sources.conditions if one.noise_level in wanted.noise_levels]
    there = {one.noise_level for one in of_plan}
    of_plan += [Condition.of(level) for level in wanted.noise_levels if level not in there]
    conditions = of_plan or list(sources.conditions)
    if not contexts:
        return []
    decks = zip(
        _decks(contexts, _number(sources.seed, term, "context")),
        _decks(sources.voices, _number(sources.seed, term, "voice")),
        _decks(conditions, _number(sources.seed, term, "condition")),
        strict=False,
    )
    most = len(contexts) * len(sources.voices) * len(conditions)
    most *= max(map(len, sentences.values()))
    rows: dict[Key, PlannedRow] = {}
    for turn, (context, voice, condition) in enumerate(islice(decks, TRIES * most)):
        texts = sentences[context]
        row = PlannedRow(term, texts[turn // len(contexts) % len(texts)], context, voice, condition)
        if row.key not in taken:
            rows.setdefault(row.key, row)
        if len(rows) == wanted.rows:
            break
    return list(rows.values())


def _decks(cards: Sequence[Card], seed: int) -> Iterator[Card]:
    """Yield all items in a random order, then all again in another, without an end."""
    rng = np.random.default_rng(seed)
    while True:
        yield from (cards[index] for index in rng.permutation(len(cards)))


def _number(seed: int, term: Term, what: str) -> int:
    """Draw a number for a term."""
    content = f"{seed}\n{normalize(term.term)}\n{what}".encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:8])


def plan_acceptance(
    terms: Sequence[Term], sources: Sources, rows: int, known: Collection[str]
) -> list[PlannedRow]:
    """Return so many rows of each term, terms in alphabetical order, voices and conditions in turn.

    Sentences are the project's, of the contexts in turn, from the end of the order in which a benchmark
    takes them, and none that is known. A term has fewer rows where it has fewer sentences.
    """
    seen, planned = set(map(normalize, known)), list[PlannedRow]()
    for term in sorted(terms, key=lambda one: normalize(one.term)):
        cards = project_sentences(term, sources, lambda text: normalize(text) in seen)
        for context, text in cards[:rows]:
            turn, voices = len(planned), sources.voices
            condition = sources.conditions[turn // len(voices) % len(sources.conditions)]
            planned.append(PlannedRow(term, text, context, voices[turn % len(voices)], condition))
    return planned


def project_sentences(
    term: Term, sources: Sources, is_known: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """Return context and text of the project's sentences for a term that are not known, contexts in turn.

    They begin at the end of the order in which a benchmark takes them.
    """
    plain, project = replace(term, sentences=()), replace(sources, sentences=())
    columns = [
        [(context, text) for text in reversed(texts) if not is_known(text)]
        for context, texts in sentences_of(plain, project).items()
    ]
    return [card for card in chain(*zip_longest(*columns)) if card]


def voices_of_nobody(voices: Sequence[Voice], trained: Collection[str]) -> list[Voice]:
    """Return the voices that no row which trains has, by their voice_id; all where each has one.

    >>> [one.name for one in voices_of_nobody([Voice("e", "1"), Voice("e", "2")], {"e:1"})]
    ['2']
    """
    return [one for one in voices if one.voice_id not in trained] or list(voices)
