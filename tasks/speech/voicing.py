"""How the terms of a benchmark are said: by engines, and by the IPA that people and a dictionary give."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.domain.build.audition import AuditionDecision
from tasks.domain.build.audition_plan import Hearing, TermToHear, first_sentence, plan_audition
from tasks.domain.build.given import GivenIpa
from tasks.domain.build.harden import more_voices
from tasks.domain.build.plan import PlannedRow, Voice, in_turn
from tasks.domain.build.pronunciation import Pronunciation, parts_to_pronounce, pronounce
from tasks.domain.build.spoken import spoken_form
from tasks.domain.build.terms import Term
from tasks.domain.errors import InvalidInput
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import BuildPolicy
from tasks.settings import Settings
from tasks.speech.clip import ClipOrder
from tasks.speech.espeak import all_voices
from tasks.speech.merriam_webster import look_up, open_dictionary
from tasks.speech.synthesis import EngineInUse, open_engines
from tasks.workspace.build_before import asked_for_harder, voices_added

DICTIONARY_FILE = "dictionary.jsonl"


@dataclass(frozen=True)
class Voicing:
    """Engines by their name, IPA by word: what people gave, and what a dictionary has."""

    engines: Mapping[str, EngineInUse]
    given: GivenIpa
    dictionary: Mapping[str, str]

    @property
    def voices(self) -> list[Voice]:
        """The voices that speak, of each engine in turn."""
        return in_turn({name: one.voices for name, one in self.engines.items()})

    def pronunciation(self, row: PlannedRow) -> Pronunciation:
        """Say how the term of a row is pronounced."""
        engine = self.engines[row.voice.engine].engine
        given = self.given.ipa
        return pronounce(row.term.term, given, self.dictionary, engine.name, engine.inventory)

    def order(self, row: PlannedRow, policy: BuildPolicy) -> ClipOrder:
        """Write what is to be said for a row, by whom, and how it is heard."""
        spoken = spoken_form(row.text)
        said = self.pronunciation(row)
        parts = parts_to_pronounce(spoken, row.term.term, said, self.given.ipa)
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

    def hearings(
        self, terms: Sequence[Term], decisions: Sequence[AuditionDecision]
    ) -> list[Hearing]:
        """Give what a person hears of terms."""
        to_hear = [TermToHear(one.term, one.entity_category, first_sentence(one)) for one in terms]
        speakers = [one.speaker for one in self.engines.values()]
        return plan_audition(to_hear, speakers, self.given.ipa, self.dictionary, decisions)


def open_voicing(
    root: Path,
    policy: BuildPolicy,
    given: GivenIpa,
    terms: Sequence[Term],
    *,
    harder: bool,
    added: Collection[str] = (),
) -> Voicing:
    """Open the engines and look words up; raise InvalidInput where an IPA cannot be said.

    A benchmark that is made harder is spoken by more voices than the policy's and those that were
    `added` before, named by their voice_id.
    """
    opened = open_engines(policy.engines)
    if harder or added:
        opened = [_with_more_voices(one, added, 2 * harder) for one in opened]
    engines = {one.engine.name: one for one in opened}
    faults = [
        fault
        for one in engines.values()
        for fault in given.faults(one.engine.name, one.engine.inventory)
    ]
    if faults:
        raise InvalidInput(faults)
    return Voicing(engines, given, _dictionary(root / DICTIONARY_FILE, given, terms))


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


def _dictionary(cache: Path, given: GivenIpa, terms: Sequence[Term]) -> dict[str, str]:
    """Look up the words of terms that nobody gave an IPA for, where there is a key or an answer."""
    settings = Settings()
    if settings.merriam_webster_key is None and not cache.exists():
        return {}
    known = given.ipa
    names = [one.term.lower() for one in terms if one.term.lower() not in known]
    words = [word for name in names for word in (name, *name.split()) if word not in known]
    return look_up(words, open_dictionary(settings), cache).ipa
