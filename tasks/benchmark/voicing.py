"""Open the voicing of a benchmark: its engines, and the IPA of people and of a dictionary."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from tasks.benchmark.build_rows import asked_for_harder, voices_added
from tasks.benchmark.clip import EngineInUse, Voicing, open_engines
from tasks.benchmark.engines.espeak import all_voices
from tasks.benchmark.harden import more_voices
from tasks.benchmark.ipa import Inventories, cannot_pronounce
from tasks.benchmark.merriam_webster import look_up, open_dictionary
from tasks.benchmark.plan import Voice
from tasks.benchmark.pronunciation import (
    Findings,
    GivenIpa,
)
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput, grouped
from tasks.domain.manifest import ClinicalRow
from tasks.domain.policy import BuildPolicy
from tasks.logs import log
from tasks.settings import Settings

DICTIONARY_FILE = "dictionary.jsonl"


def open_voicing(
    root: Path,
    policy: BuildPolicy,
    given: GivenIpa,
    terms: Sequence[Term],
    *,
    harder: bool,
    added: Collection[str] = (),
) -> Voicing:
    """Open the engines and look words up; raise InvalidInput where none of them can pronounce an IPA.

    What one of them cannot pronounce it speaks by its own g2p, which is logged. A harder benchmark
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

    One that an engine cannot pronounce is none.
    """
    settings = Settings()
    if settings.merriam_webster_key is None and not cache.exists():
        return Findings()
    known = {word for word, ipa in given.ipa.items() if not cannot_pronounce(ipa, engines)}
    names = [one.term.lower() for one in terms if one.term.lower() not in known]
    words = [word for name in names for word in (name, *name.split()) if word not in known]
    return look_up(words, open_dictionary(settings), cache)
