"""The rows that utterances become: a row for each term that is spoken, or one of general speech."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import (
    MAX_SECONDS,
    MIN_SECONDS,
    ClinicalRow,
    GeneralRow,
    Seconds,
    row_fault,
)
from tasks.domain.scoring.canonical import canonical
from tasks.domain.scoring.finding import Finder, found, place_of, term_forms
from tasks.domain.scoring.normalize import normalize
from tasks.recordings.utterances import Utterance

Source = Literal["recorded", "synthetic"]
NO_SPEAKER = "unknown"
NO_TERM = "it names no term of the list"
NO_WORDS = "it has no words"
TOO_LONG = f"it is longer than {MAX_SECONDS:g} s, the training limit, and has no timings inside"
TOO_SHORT = f"it is shorter than {MIN_SECONDS} s"
BAR = "|"  # in place of a longer term: no canonical word


@dataclass(frozen=True)
class RowDefaults:
    """The fields of rows whose input does not have them."""

    source: Source = "recorded"
    speaker: str | None = None
    noise_level: str = "clean"
    context_type: str = "imported"
    ipa_source: str | None = None


@dataclass(frozen=True)
class TermList:
    """The terms that are looked for, found as a transcript is scored."""

    terms: tuple[Term, ...]

    @cached_property
    def finder(self) -> Finder:
        return Finder.of((one.term for one in self.terms), [one.accepted for one in self.terms])

    @cached_property
    def _by_name(self) -> dict[str, Term]:
        return {normalize(one.term): one for one in self.terms}

    def named(self, term: str) -> Term | None:
        """Return a term of the list by its name."""
        return self._by_name.get(normalize(term))

    def found_in(self, text: str) -> list[Term]:
        """Return the terms that a text has, in the order of the list.

        A term that is there as part of a longer one alone is left out.

        >>> terms = TermList((Term("mitral valve", "anatomy"), Term("valve", "anatomy")))
        >>> [one.term for one in terms.found_in("The mitral valve leaks.")]
        ['mitral valve']
        >>> [one.term for one in terms.found_in("The mitral valve, an artificial valve.")]
        ['mitral valve', 'valve']
        """
        there = self.finder.found_in(text)
        terms = [one for one in self.terms if one.term in there]
        return [one for one in terms if not self._is_part_alone(one, terms, text)]

    def _is_part_alone(self, term: Term, terms: Sequence[Term], text: str) -> bool:
        """Whether a term is found no more where the longer ones are taken out of a text."""
        forms = term_forms(term.term, term.accepted).forms
        words, longer = canonical(text).split(), False
        for other in terms:
            around = term_forms(other.term, other.accepted)
            if other is term or not _is_inside(forms, around.forms):
                continue
            while place := place_of(around, words):
                words[place[0] : place[1]] = [BAR]
                longer = True
        return longer and term.term not in self.finder.found_in_words(words)


def _is_inside(short: frozenset[str], long: frozenset[str]) -> bool:
    return any(one != other and f" {one} " in f" {other} " for one in short for other in long)


@dataclass(frozen=True)
class PlannedRows:
    """The rows of an utterance without its clip; `refused` is why there is none."""

    utterance: Utterance
    rows: tuple[Mapping[str, Any], ...] = ()
    refused: str = ""


def plan_clinical(
    utterance: Utterance, seconds: Seconds, terms: TermList, defaults: RowDefaults
) -> tuple[PlannedRows, list[Fault]]:
    """Write a row for each term that an utterance of this length names; and its faults."""
    if refused := _refused(utterance, seconds):
        return PlannedRows(utterance, refused=refused), []
    own = utterance.fields.get("term")
    if own is not None:
        term, faults = _own_term(utterance, own, terms)
        spoken = [term] if term else []
    else:
        spoken, faults = terms.found_in(utterance.text), []
    rows = [_clinical(utterance, term, defaults) for term in spoken]
    faults += _row_faults(utterance, rows, ClinicalRow)
    return PlannedRows(utterance, tuple(rows), "" if rows or faults else NO_TERM), faults


def plan_general(
    utterance: Utterance, seconds: Seconds, defaults: RowDefaults
) -> tuple[PlannedRows, list[Fault]]:
    """Write a row of general speech; and its faults."""
    if refused := _refused(utterance, seconds):
        return PlannedRows(utterance, refused=refused), []
    speaker = utterance.fields.get("speaker", defaults.speaker)
    row = _named(utterance) | {
        "text": utterance.text,
        "voice_id": utterance.fields.get("voice_id", speaker),
        "speaker": speaker,
        "source": utterance.fields.get("source", defaults.source),
    }
    row = {name: value for name, value in row.items() if value is not None}
    return PlannedRows(utterance, (row,)), _row_faults(utterance, [row], GeneralRow)


def _refused(utterance: Utterance, seconds: Seconds) -> str:
    """Return why an utterance cannot be a row; empty where it can."""
    if utterance.refused:
        return utterance.refused
    if not normalize(utterance.text):
        return NO_WORDS
    if seconds > MAX_SECONDS:
        return TOO_LONG
    return TOO_SHORT if seconds < MIN_SECONDS else ""


def _own_term(utterance: Utterance, name: str, terms: TermList) -> tuple[Term | None, list[Fault]]:
    """Return the term that the input names for an utterance, or what is wrong with it."""
    listed = terms.named(name)
    category = utterance.fields.get("entity_category") or (listed and listed.entity_category)
    accepted = listed.accepted if listed else ()
    if not category:
        sentence = f"expected a category of {name!r}, in a column or in the list of terms"
        return None, [utterance.fault(sentence, "entity_category", "expected a category")]
    if not found(term_forms(name, accepted), utterance.text):
        sentence = "expected its words in the text"
        return None, [utterance.fault(f"{sentence}; got {name!r}", "term", sentence)]
    return Term(name, category, accepted=accepted), []  # type: ignore[arg-type]


def _clinical(utterance: Utterance, term: Term, defaults: RowDefaults) -> dict[str, Any]:
    fields = utterance.fields
    source = fields.get("source", defaults.source)
    speaker = fields.get("speaker", defaults.speaker)
    guessed = "override" if source == "recorded" else "unknown_g2p"
    row = _named(utterance) | {
        "text": utterance.text,
        "term": term.term,
        "entity_category": term.entity_category,
        "ipa_source": fields.get("ipa_source", defaults.ipa_source or guessed),
        "voice_id": fields.get("voice_id", _voice(speaker)),
        "noise_level": fields.get("noise_level", defaults.noise_level),
        "context_type": fields.get("context_type", defaults.context_type),
        "source": source,
    }
    row |= {"accepted": list(term.accepted)} if term.accepted else {}
    return row | ({"speaker": speaker} if speaker is not None else {})


def _voice(speaker: str | None) -> str:
    """Name the voice of a speaker; what is before a colon would be taken for a speech engine."""
    return speaker.replace(":", "-") if speaker else NO_SPEAKER


def _named(utterance: Utterance) -> dict[str, Any]:
    return {"id": utterance.name} if utterance.name else {}


def _row_faults(
    utterance: Utterance, rows: Sequence[Mapping[str, Any]], model: type[GeneralRow]
) -> list[Fault]:
    """Check the fields of rows that were read from an input, each fault once."""
    faults = dict[str, Fault]()
    for row in rows:
        try:
            model.model_validate({**row, "audio_filepath": "clip.wav"})
        except ValidationError as error:
            for details in error.errors():
                fault = row_fault(details, utterance.file, utterance.line)
                faults.setdefault(str(fault), fault)
    return list(faults.values())
