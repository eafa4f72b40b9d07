"""The pronunciation of a word: the IPA that a person gave, else a dictionary's, else the engine's own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tasks.benchmark.ipa import (
    CANNOT_PRONOUNCE,
    Inventories,
    can_pronounce,
    cannot_pronounce,
    ipa_fault,
    refused_by_all,
)
from tasks.benchmark.table import read_table
from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.spoken.forms import spoken_form
from tasks.domain.words import too_long

HEAD = ("term", "ipa", "verified_by", "verified_at", "notes")
NEEDED = HEAD[:4]
OVERRIDE, DICTIONARY = "override", "merriam-webster"  # as a row's ipa_source


@dataclass(frozen=True)
class Pronunciation:
    """The IPA of a term and where it comes from; None where the engine's own g2p decides.

    `word_ipa` has the words of a term that have an IPA where the whole of it has none.
    """

    ipa: str | None
    source: str
    word_ipa: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PronunciationOverride:
    """A line of pronunciation_overrides.csv: an IPA that a person verified."""

    term: str
    ipa: str
    verified_by: str
    verified_at: str
    notes: str = ""


@dataclass(frozen=True)
class Overrides:
    """The lines of a file of overrides, in file order, each with its number."""

    file: str
    lines: tuple[tuple[int, PronunciationOverride], ...] = ()

    @property
    def ipa(self) -> dict[str, str]:
        """The IPA of each word, in lower case; the last line on a word counts."""
        return {line.term.lower(): line.ipa for _, line in self.lines}


def read_overrides(text: str, file: str) -> tuple[Overrides, list[Fault]]:
    """Read pronunciation_overrides.csv; return what is right of it, and every fault by its line."""
    read, faults = read_table(text, file, NEEDED, HEAD)
    lines = []
    for number, fields in read:
        wrong = [
            Fault(sentence, file, number, name)
            for name in NEEDED
            if (sentence := _value_fault(name, fields[name]))
        ]
        faults += wrong
        if not wrong:
            values = {name: fields.get(name, "") for name in HEAD}
            lines.append((number, PronunciationOverride(**values)))
    return Overrides(file, tuple(lines)), faults


def _value_fault(name: str, value: str) -> str:
    """Return the fault of a value in a line of overrides; empty where it has none."""
    if not value:
        return "expected a value"
    return ipa_fault(value) if name == "ipa" else too_long(value)


def pronounce(
    term: str,
    overrides: Mapping[str, str],
    dictionary: Mapping[str, str],
    engine: str,
    inventory: Iterable[str] | None,
) -> Pronunciation:
    """Return the first IPA for a term that its engine can pronounce: override, dictionary, the engine's own.

    A term of several words may have its IPA whole or word by word. Its source is then that of the
    word which is known least; where one is left to the engine, the others are still spoken by their IPA.

    >>> pronounce("timolol", {}, {"timolol": "ˈtɪməˌlɔːl"}, "espeak", None)
    Pronunciation(ipa='ˈtɪməˌlɔːl', source='merriam-webster', word_ipa=())
    >>> pronounce("timolol maleate", {"timolol": "ˈtɪməˌlɔːl"}, {}, "espeak", None)
    Pronunciation(ipa=None, source='espeak_g2p', word_ipa=(('timolol', 'ˈtɪməˌlɔːl'),))
    """
    words = term.split()
    names = {term.lower(), *(word.lower() for word in words)}
    given, listed = (
        {
            name: table[name]
            for name in names & table.keys()
            if can_pronounce(table[name], inventory)
        }
        for table in (overrides, dictionary)
    )
    known = listed | given
    for source, table in ((OVERRIDE, given), (DICTIONARY, known)):
        ipa = _looked_up(term, table)
        if ipa is not None and not ipa_fault(ipa):  # of many words it may be too long
            return Pronunciation(ipa, source)
    some = {word: known[word.lower()] for word in words if word.lower() in known}
    return Pronunciation(None, f"{engine}_g2p", tuple(some.items()))


def parts_to_pronounce(
    spoken: str, term: str, pronunciation: Pronunciation, overrides: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the parts of a spoken sentence that have an IPA: its term, and other overridden words.

    `overrides` are by their words as spoken. A part is listed once, however often it is spoken, and
    only if it is spoken.
    """
    wanted = dict(overrides)
    spoken_term = as_spoken(term)
    if pronunciation.ipa is not None:
        wanted[spoken_term] = pronunciation.ipa
    else:
        wanted.pop(spoken_term, None)
        wanted |= {as_spoken(word): ipa for word, ipa in pronunciation.word_ipa}
    pronounced = {part.lower() for part, ipa in segments(spoken, tuple(wanted.items())) if ipa}
    return tuple((part, ipa) for part, ipa in wanted.items() if part in pronounced)


def as_spoken(word: str) -> str:
    """Return the key of a word in a spoken sentence; capitals count, as they make an abbreviation.

    >>> as_spoken("INR"), as_spoken("Timolol")
    ('i n r', 'timolol')
    """
    return spoken_form(word).lower()


def segments(
    spoken: str, pronunciations: Sequence[tuple[str, str]]
) -> list[tuple[str, str | None]]:
    """Cut a sentence into plain stretches and parts with their IPA; the longest part counts.

    >>> segments("Start timolol today.", [("timolol", "ˈtɪməˌlɔːl")])
    [('Start ', None), ('timolol', 'ˈtɪməˌlɔːl'), (' today.', None)]
    """
    ipa = {part.lower(): sound for part, sound in pronunciations}
    if not ipa:
        return [(spoken, None)] if spoken else []
    parts = "|".join(sorted(map(re.escape, ipa), key=len, reverse=True))
    pieces = re.split(rf"(?<![\w'])({parts})(?!\w)", spoken, flags=re.IGNORECASE)
    return [
        (piece, ipa[piece.lower()] if odd else None)
        for odd, piece in zip([False, True] * len(pieces), pieces, strict=False)
        if piece
    ]


def _looked_up(term: str, table: Mapping[str, str]) -> str | None:
    """Return a term's IPA from a table, whole or from each of its words."""
    whole = table.get(term.lower())
    if whole is not None:
        return whole
    words = [table.get(word) for word in term.lower().split()]
    found = [ipa for ipa in words if ipa is not None]
    return " ".join(found) if found and len(found) == len(words) else None


@dataclass(frozen=True)
class Findings:
    """The pronunciations of some words in a dictionary."""

    ipa: dict[str, str] = field(default_factory=dict)  # by the word in lower case
    unreadable: dict[str, str] = field(default_factory=dict)  # a respelling, and why not
    not_answered: dict[str, str] = field(default_factory=dict)  # to be asked another time, and why

    def faults(self, file: str, engines: Inventories) -> list[Fault]:
        """Name what an engine cannot pronounce, what cannot be read and what was not answered."""
        unsayable = [
            Fault(
                f"{', '.join(cannot)} of {ipa!r}, {word}", file, field="ipa", kind=CANNOT_PRONOUNCE
            )
            for word, ipa in self.ipa.items()
            if (cannot := cannot_pronounce(ipa, engines))
        ]
        unreadable = [
            Fault(f"{word}: {reason}", file, field="respellings", kind="a respelling")
            for word, reason in self.unreadable.items()
        ]
        open_ = [
            Fault(f"{word} was not looked up: {reason}", file, kind="not looked up")
            for word, reason in self.not_answered.items()
        ]
        return unsayable + unreadable + open_


@dataclass(frozen=True)
class GivenIpa:
    """The IPA in a list of terms, which is a file of this name, and in a file of overrides."""

    terms_file: str
    terms: Sequence[Term]
    overrides: Overrides

    @cached_property
    def ipa(self) -> dict[str, str]:
        """The IPA of each word, in lower case; an override counts over the list of terms."""
        listed = {one.term.lower(): one.ipa for one in self.terms if one.ipa}
        return listed | self.overrides.ipa

    @cached_property
    def by_spoken_form(self) -> dict[str, str]:
        """The same by each word as spoken, as it is written in either file."""
        written = [one.term for one in self.terms] + [one.term for _, one in self.overrides.lines]
        return {
            as_spoken(word): self.ipa[word.lower()] for word in written if word.lower() in self.ipa
        }

    def origin(self, term: str) -> str:
        """Return the source of a term's IPA: the person who verified it, or the list of terms."""
        verified = {line.term.lower(): line for _, line in self.overrides.lines}
        words = [term] if term.lower() in self.ipa else term.split()
        lines = [verified[word.lower()] for word in words if word.lower() in verified]
        if len(lines) < len(words):
            return f"listed in {self.terms_file}"
        people = (f"{line.verified_by} on {line.verified_at[:10]}" for line in lines)
        return f"verified by {' and '.join(dict.fromkeys(people))}"

    def unsayable(self, engines: Inventories) -> tuple[list[Fault], list[Fault]]:
        """Name every IPA in use that no engine can pronounce, then those that only some can.

        An engine that takes no IPA at all speaks every word by its own g2p, so that nothing is at fault.
        """
        of_none, of_some = list[Fault](), list[Fault]()
        for ipa, pronounced, file, line in self._counting():
            if cannot := cannot_pronounce(ipa, engines):
                sentence = f"{', '.join(cannot)} of {pronounced}"
                kinds = of_none if refused_by_all(ipa, engines) else of_some
                kinds.append(Fault(sentence, file, line, "ipa", kind=CANNOT_PRONOUNCE))
        return of_none, of_some

    def _counting(self) -> Iterator[tuple[str, str, str, int | None]]:
        """Yield each IPA that counts, as it is shown, and its file and line."""
        lines = {one.term.lower(): (number, one.ipa) for number, one in self.overrides.lines}
        for one in self.terms:
            if one.ipa and one.term.lower() not in lines:
                yield one.ipa, f"{one.ipa!r}, {one.term}", self.terms_file, None
        for number, ipa in lines.values():
            yield ipa, repr(ipa), self.overrides.file, number


def ipa_used(pronounced: Pronunciation) -> str:
    """Return the IPA that a term, or some of its words, is spoken with; empty where there is none.

    >>> ipa_used(Pronunciation(None, "espeak_g2p", (("timolol", "ˈtɪmɔl"),)))
    'timolol ˈtɪmɔl'
    """
    return pronounced.ipa or ", ".join(f"{word} {ipa}" for word, ipa in pronounced.word_ipa)


def pronunciation_changed(ipa_source: str, before: str | None, now: Pronunciation) -> bool:
    """Whether the IPA in use now is not the one that a row was spoken with.

    `before` is the IPA it was spoken with, as `ipa_used` returns it; None where that was not noted.

    >>> pronunciation_changed("espeak_g2p", "", Pronunciation("ˈtɪmɔl", "override"))
    True
    >>> pronunciation_changed("override", "ˈtɪmɔl", Pronunciation(None, "espeak_g2p"))
    False
    """
    if not ipa_used(now):
        return False
    return ipa_source != now.source if before is None else before != ipa_used(now)
