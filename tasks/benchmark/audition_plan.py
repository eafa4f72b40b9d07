"""What an audition lets hear: each term as each engine would say it, and what is proposed instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.benchmark.audition import AuditionDecision, AuditionItem, standing_decision
from tasks.benchmark.ipa import Inventories, can_say
from tasks.benchmark.pronunciation import pronounce
from tasks.benchmark.suffixes import proposals
from tasks.benchmark.terms import Term

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
    """One item of an audition, with its sentence and its proposals, the likeliest first.

    `g2p` is how the engine reads the term, where it has no IPA for it and says so; else empty.
    """

    item: AuditionItem
    category: str
    sentence: str
    proposals: tuple[Proposal, ...]
    g2p: str = ""


def first_sentence(term: Term) -> str:
    """Give the sentence in which a term is heard: its own first, else a plain one."""
    return term.sentences[0] if term.sentences else CARRIER.format(term.term)


def audition_items(
    terms: Sequence[Term],
    speakers: Sequence[Speaker],
    overrides: Mapping[str, str],
    dictionary: Mapping[str, str],
) -> list[AuditionItem]:
    """Give every term as every engine says it, in their order."""
    return [_item(term, speaker, overrides, dictionary) for term in terms for speaker in speakers]


def plan_audition(
    terms: Sequence[TermToHear],
    items: Sequence[AuditionItem],
    inventories: Inventories,
    dictionary: Mapping[str, str],
    g2p: Mapping[tuple[object, ...], str],
    decisions: Sequence[AuditionDecision],
) -> list[Hearing]:
    """Give what there is to hear of each item; `g2p` is how its engine reads it, by its identity."""
    to_hear = {one.term: one for one in terms}
    hearings = []
    for item in items:
        term, read = to_hear[item.term], g2p.get(item.identity, "")
        sayable = tuple(
            one
            for one in _proposals(item, read, dictionary, decisions)
            if can_say(one.ipa, inventories[item.engine])
        )
        hearings.append(Hearing(item, term.category, term.sentence, sayable, read))
    return hearings


def _item(
    term: Term, speaker: Speaker, overrides: Mapping[str, str], dictionary: Mapping[str, str]
) -> AuditionItem:
    said = pronounce(term.term, overrides, dictionary, speaker.engine, speaker.inventory)
    return AuditionItem(
        term=term.term,
        ipa=said.ipa,
        ipa_source=said.source,
        engine=speaker.engine,
        engine_version=speaker.version,
        voices=speaker.voices,
        word_ipa=said.word_ipa,
        accepted=term.accepted,
    )


def _proposals(
    item: AuditionItem,
    g2p: str,
    dictionary: Mapping[str, str],
    decisions: Sequence[AuditionDecision],
) -> list[Proposal]:
    """Give what a person asked for, what the dictionary has and what the ending suggests."""
    found = []
    asked = standing_decision(item, decisions)
    if asked and asked.instead:
        found.append(Proposal(asked.instead, "typed", f"asked for by {asked.reviewer}"))
    known = dictionary.get(item.term.lower())
    if known:
        found.append(Proposal(known, "proposal", "dictionary"))
    by_ending = proposals(item.term, item.ipa or g2p)
    found += [Proposal(ipa, "proposal", "by its ending") for ipa in by_ending]
    unique: dict[str, Proposal] = {}
    for one in found:
        unique.setdefault(one.ipa, one)
    return [one for one in unique.values() if one.ipa != item.ipa]
