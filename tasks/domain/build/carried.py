"""Rows of the cycle before: which of them are said once more."""

from __future__ import annotations

from tasks.domain.build.plan import PlannedRow, Voice
from tasks.domain.build.pronunciation import Pronunciation
from tasks.domain.build.terms import Term
from tasks.domain.manifest import ClinicalRow
from tasks.domain.sound.conditions import Condition


def planned_as(row: ClinicalRow, condition: Condition, term: Term) -> PlannedRow:
    """Write a row that an engine spoke as a plan has it."""
    engine, _, voice = row.voice_id.partition(":")
    return PlannedRow(term, row.text, row.context_type, Voice(engine, voice), condition)


def said_otherwise(ipa_source: str, ipa: str | None, now: Pronunciation) -> bool:
    """Whether an IPA stands by now that a row was not said with; `ipa` is None where it was not noted.

    >>> said_otherwise("espeak_g2p", None, Pronunciation("ˈtɪmɔl", "override"))
    True
    >>> said_otherwise("override", "ˈtɪmɔl", Pronunciation("ˈtɪmɔl", "override"))
    False
    >>> said_otherwise("override", "ˈtɪmɔl", Pronunciation(None, "espeak_g2p"))
    False
    """
    if now.ipa is None:
        return False
    return ipa_source != now.source if ipa is None else ipa != now.ipa
