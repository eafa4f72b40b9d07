"""How the terms of a benchmark are said: by engines, and by the IPA that people and a dictionary give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.benchmark.audition_plan import (
    Hearing,
    TermToHear,
    audition_items,
    first_sentence,
    plan_audition,
)
from tasks.benchmark.build_rows import asked_for_harder, voices_added
from tasks.benchmark.clip import ClipOrder
from tasks.benchmark.engines.espeak import all_voices
from tasks.benchmark.given import GivenIpa
from tasks.benchmark.harden import more_voices
from tasks.benchmark.ipa import Inventories, can_say, cannot_say
from tasks.benchmark.merriam_webster import look_up, open_dictionary
from tasks.benchmark.plan import PlannedRow, Voice, in_turn
from tasks.benchmark.pronunciation import Findings, Pronunciation, parts_to_pronounce, pronounce
from tasks.benchmark.synthesis import EngineInUse, open_engines
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput, grouped
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import BuildPolicy
from tasks.domain.spoken.forms import spoken_form
from tasks.logs import log
from tasks.settings import Settings

DICTIONARY_FILE = "dictionary.jsonl"


@dataclass(frozen=True)
class Voicing:
    """Engines by their name, IPA by word: what people gave, and what a dictionary has.

    `not_used` says what of it an engine goes without, and why.
    """

    engines: Mapping[str, EngineInUse]
    given: GivenIpa
    dictionary: Mapping[str, str]
    not_used: tuple[str, ...] = ()

    @property
    def voices(self) -> list[Voice]:
        """The voices that speak, of each engine in turn."""
        return in_turn({name: one.voices for name, one in self.engines.items()})

    def pronunciation(self, row: PlannedRow) -> Pronunciation:
        """Say how the term of a row is pronounced."""
        engine = self.engines[row.voice.engine].engine
        given = self.given.ipa
        return pronounce(row.term.term, given, self.dictionary, engine.name, engine.inventory)

    def parts(
        self, engine: str, spoken: str, term: str, said: Pronunciation
    ) -> tuple[tuple[str, str], ...]:
        """Give the parts of a spoken sentence that have an IPA which its engine can say."""
        return parts_to_pronounce(spoken, term, said, self._sayable[engine])

    @cached_property
    def _sayable(self) -> dict[str, dict[str, str]]:
        """What each engine can say of the IPA that people gave, by how the words are said."""
        given = self.given.by_spoken_form.items()
        return {
            name: {word: ipa for word, ipa in given if can_say(ipa, one.engine.inventory)}
            for name, one in self.engines.items()
        }

    def order(self, row: PlannedRow, policy: BuildPolicy) -> ClipOrder:
        """Write what is to be said for a row, by whom, and how it is heard."""
        spoken = spoken_form(row.text)
        said = self.pronunciation(row)
        parts = self.parts(row.voice.engine, spoken, row.term.term, said)
        return ClipOrder(
            engine=row.voice.engine,
            engine_version=self.engines[row.voice.engine].engine.version,
            spoken=spoken,
            pronunciations=tuple(sorted(parts)),
            voice=row.voice.name,
            condition=row.condition,
            seed=policy.seed,
            attempts=policy.attempts,
        )

    def items(self, terms: Sequence[Term]) -> list[AuditionItem]:
        """Give what an audition decides on: terms as each engine says them."""
        speakers = [one.speaker for one in self.engines.values()]
        return audition_items(terms, speakers, self.given.ipa, self.dictionary)

    def hearings(
        self, terms: Sequence[Term], decisions: Sequence[AuditionDecision]
    ) -> list[Hearing]:
        """Give what a person hears of terms."""
        to_hear = [TermToHear(one.term, one.entity_category, first_sentence(one)) for one in terms]
        items = self.items(terms)
        g2p = {item.identity: self._read(item) for item in items if item.ipa is None}
        inventories = {name: one.engine.inventory for name, one in self.engines.items()}
        return plan_audition(to_hear, items, inventories, self.dictionary, g2p, decisions)

    def _read(self, item: AuditionItem) -> str:
        """Give how an engine reads a term, its words with an IPA by that; empty where it does not say."""
        engine, known = self.engines[item.engine].engine, dict(item.word_ipa)
        pieces = item.term.split() if known else [item.term]
        read = [known.get(piece) or engine.g2p(spoken_form(piece)) or "" for piece in pieces]
        return " ".join(read) if all(read) else ""


def open_voicing(
    root: Path,
    policy: BuildPolicy,
    given: GivenIpa,
    terms: Sequence[Term],
    *,
    harder: bool,
    added: Collection[str] = (),
) -> Voicing:
    """Open the engines and look words up; raise InvalidInput where none of them can say an IPA.

    What one of them cannot say it says otherwise, and that is logged. A benchmark that is made harder
    is spoken by more voices than the policy's and those that were `added` before, named by their
    voice_id.
    """
    opened = open_engines(policy.engines)
    if harder or added:
        opened = [_with_more_voices(one, added, 2 * harder) for one in opened]
    engines = {one.engine.name: one for one in opened}
    inventories = {name: one.engine.inventory for name, one in engines.items()}
    of_none, of_some = given.unsayable(inventories)
    if of_none:
        raise InvalidInput(of_none)
    found = _look_up(root / DICTIONARY_FILE, given, terms, inventories)
    not_used = grouped([*of_some, *found.faults(DICTIONARY_FILE, inventories)])
    for sentence in not_used:
        log().warning("pronunciation: %s", sentence)
    return Voicing(engines, given, found.ipa, tuple(not_used))


def voicing_of_cycle(
    root: Path,
    number: int,
    policy: BuildPolicy,
    given: GivenIpa,
    terms: Sequence[Term],
    before: Sequence[ClinicalRow],
) -> Voicing:
    """Open the voicing of a cycle's benchmark; `before` are the rows of the cycle before."""
    harder, added = asked_for_harder(root, number), voices_added(root, number, before)
    return open_voicing(root, policy, given, terms, harder=harder, added=added)


def _with_more_voices(one: EngineInUse, added: Collection[str], more: int) -> EngineInUse:
    """Add voices that the benchmark has, and more that it does not have yet, where there are some."""
    there, name = all_voices(one.engine), one.engine.name
    kept = [voice for voice in there if Voice(name, voice).voice_id in added]
    used = tuple(dict.fromkeys([*one.voices, *kept]))
    return replace(one, voices=more_voices(used, there, more))


def _look_up(cache: Path, given: GivenIpa, terms: Sequence[Term], engines: Inventories) -> Findings:
    """Look up the words of terms that people gave no IPA for, where there is a key or an answer.

    One that an engine cannot say is none.
    """
    settings = Settings()
    if settings.merriam_webster_key is None and not cache.exists():
        return Findings()
    known = {word for word, ipa in given.ipa.items() if not cannot_say(ipa, engines)}
    names = [one.term.lower() for one in terms if one.term.lower() not in known]
    words = [word for name in names for word in (name, *name.split()) if word not in known]
    return look_up(words, open_dictionary(settings), cache)
