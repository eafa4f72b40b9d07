"""The IPA that people gave for words, and which carried rows were spoken with another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tasks.benchmark.conditions import Condition
from tasks.benchmark.ipa import CANNOT_SAY, Inventories, cannot_say, said_by_none
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import Overrides, Pronunciation, as_said
from tasks.benchmark.terms import Term
from tasks.domain.errors import Fault
from tasks.domain.manifest import ClinicalRow


@dataclass(frozen=True)
class GivenIpa:
    """What stands in a list of terms, which is a file of this name, and in a file of overrides."""

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
        """The same by how each word is said, as it is written in either file."""
        written = [one.term for one in self.terms] + [one.term for _, one in self.overrides.lines]
        return {
            as_said(word): self.ipa[word.lower()] for word in written if word.lower() in self.ipa
        }

    def origin(self, term: str) -> str:
        """Say who gave the IPA of a term: those who verified it, or the list of terms, which names nobody."""
        verified = {line.term.lower(): line for _, line in self.overrides.lines}
        words = [term] if term.lower() in self.ipa else term.split()
        lines = [verified[word.lower()] for word in words if word.lower() in verified]
        if len(lines) < len(words):
            return f"listed in {self.terms_file}"
        people = (f"{line.verified_by} on {line.verified_at[:10]}" for line in lines)
        return f"verified by {' and '.join(dict.fromkeys(people))}"

    def unsayable(self, engines: Inventories) -> tuple[list[Fault], list[Fault]]:
        """Name every IPA that counts and that no engine can say, then those that only some can.

        An engine that takes no IPA at all says every word by its own g2p, so that nothing is at fault.
        """
        of_none, of_some = list[Fault](), list[Fault]()
        for ipa, said, file, line in self._counting():
            if cannot := cannot_say(ipa, engines):
                sentence = f"{', '.join(cannot)} of {said}"
                kinds = of_none if said_by_none(ipa, engines) else of_some
                kinds.append(Fault(sentence, file, line, "ipa", kind=CANNOT_SAY))
        return of_none, of_some

    def _counting(self) -> Iterator[tuple[str, str, str, int | None]]:
        """Yield each IPA that counts, as it is shown, and its file and line."""
        lines = {one.term.lower(): (number, one.ipa) for number, one in self.overrides.lines}
        for one in self.terms:
            if one.ipa and one.term.lower() not in lines:
                yield one.ipa, f"{one.ipa!r}, {one.term}", self.terms_file, None
        for number, ipa in lines.values():
            yield ipa, repr(ipa), self.overrides.file, number


def planned_as(row: ClinicalRow, condition: Condition, term: Term) -> PlannedRow:
    """Write a row that an engine spoke as a plan has it."""
    engine, _, voice = row.voice_id.partition(":")
    return PlannedRow(term, row.text, row.context_type, Voice(engine, voice), condition)


def said_by(said: Pronunciation) -> str:
    """Write the IPA that a term is said with, or that some of its words are; empty where none is.

    >>> said_by(Pronunciation(None, "espeak_g2p", (("timolol", "ˈtɪmɔl"),)))
    'timolol ˈtɪmɔl'
    """
    return said.ipa or ", ".join(f"{word} {ipa}" for word, ipa in said.word_ipa)


def said_otherwise(ipa_source: str, before: str | None, now: Pronunciation) -> bool:
    """Whether an IPA stands by now that a row was not said with.

    `before` is what it was said by, as `said_by` writes it; None where that was not noted.

    >>> said_otherwise("espeak_g2p", "", Pronunciation("ˈtɪmɔl", "override"))
    True
    >>> said_otherwise("override", "ˈtɪmɔl", Pronunciation(None, "espeak_g2p"))
    False
    """
    if not said_by(now):
        return False
    return ipa_source != now.source if before is None else before != said_by(now)
