"""Rows of the cycle before: which of them are said once more."""

from __future__ import annotations

from tasks.benchmark.conditions import Condition
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import Pronunciation
from tasks.benchmark.terms import Term
from tasks.domain.manifest import ClinicalRow


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
