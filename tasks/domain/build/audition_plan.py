"""What an audition lets hear: each term as each engine would say it, and what is proposed instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.build.audition import AuditionDecision, AuditionItem, standing_decision
from tasks.domain.build.ipa import unknown_symbols
from tasks.domain.build.pronunciation import pronounce
from tasks.domain.build.suffixes import proposals
from tasks.domain.build.terms import Term

CARRIER = "The next word is {}."  # proposals are compared in a short sentence; one word may be cut


@dataclass(frozen=True)
class Speaker:
    """What has to be known of an engine: its name, version, voices and the IPA that it can say."""

    engine: str
    version: str
    voices: tuple[str, ...]
    inventory: frozenset[str] | None


@dataclass(frozen=True)
class TermToHear:
    """A term, its category, and the first sentence that a build would make of it."""

    term: str
    category: str
    sentence: str


@dataclass(frozen=True)
class Proposal:
    """Another IPA for a term: who or what proposes it."""

    ipa: str
    source: str
    why: str


@dataclass(frozen=True)
class Hearing:
    """One item of an audition, with its sentence and its proposals, the likeliest first."""

    item: AuditionItem
    category: str
    sentence: str
    proposals: tuple[Proposal, ...]


def first_sentence(term: Term) -> str:
    """Give the sentence in which a term is heard: its own first, else a plain one."""
    return term.sentences[0] if term.sentences else CARRIER.format(term.term)


def plan_audition(
    terms: Sequence[TermToHear],
    speakers: Sequence[Speaker],
    overrides: Mapping[str, str],
    dictionary: Mapping[str, str],
    decisions: Sequence[AuditionDecision],
) -> list[Hearing]:
    """Give every term with every engine, in their order."""
    return [
        _hearing(term, speaker, overrides, dictionary, decisions)
        for term in terms
        for speaker in speakers
    ]


def _hearing(
    term: TermToHear,
    speaker: Speaker,
    overrides: Mapping[str, str],
    dictionary: Mapping[str, str],
    decisions: Sequence[AuditionDecision],
) -> Hearing:
    said = pronounce(term.term, overrides, dictionary, speaker.engine, speaker.inventory)
    item = AuditionItem(
        term=term.term,
        ipa=said.ipa,
        ipa_source=said.source,
        engine=speaker.engine,
        engine_version=speaker.version,
        voices=speaker.voices,
        word_ipa=said.word_ipa,
    )
    proposed = _proposals(item, dictionary, decisions)
    sayable = tuple(one for one in proposed if not unknown_symbols(one.ipa, speaker.inventory))
    return Hearing(item, term.category, term.sentence, sayable)


def _proposals(
    item: AuditionItem, dictionary: Mapping[str, str], decisions: Sequence[AuditionDecision]
) -> list[Proposal]:
    """Give what a person asked for, what the dictionary has and what the ending suggests."""
    found = []
    asked = standing_decision(item, decisions)
    if asked and asked.instead:
        found.append(Proposal(asked.instead, "typed", f"asked for by {asked.reviewer}"))
    known = dictionary.get(item.term.lower())
    if known:
        found.append(Proposal(known, "proposal", "dictionary"))
    found += [Proposal(ipa, "proposal", "by its ending") for ipa in proposals(item.term, item.ipa)]
    unique: dict[str, Proposal] = {}
    for one in found:
        unique.setdefault(one.ipa, one)
    return [one for one in unique.values() if one.ipa != item.ipa]
