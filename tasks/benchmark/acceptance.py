"""Acceptance rows for people who have none: known terms, in sentences and voices that nothing trained on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from tasks.benchmark.plan import PlannedRow, Sources, Voice, sentences_of
from tasks.benchmark.terms import Term
from tasks.domain.scoring.normalize import normalize


def plan_acceptance(
    terms: Sequence[Term], sources: Sources, rows: int, known: Collection[str]
) -> list[PlannedRow]:
    """Give so many rows of each term, terms in alphabetical order, voices and conditions in turn.

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
    """Give the voices that no row which trains has, by their voice_id; all where each has one.

    >>> [one.name for one in voices_of_nobody([Voice("e", "1"), Voice("e", "2")], {"e:1"})]
    ['2']
    """
    return [one for one in voices if one.voice_id not in trained] or list(voices)
