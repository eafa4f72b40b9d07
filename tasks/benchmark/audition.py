"""The audition: a person listens to each term before a benchmark is made of it.

A decision is about a term as it is spoken: by one engine, with one IPA, in one set of voices. Where
any of these changes, it is asked again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from tasks.benchmark.ipa import checked
from tasks.benchmark.pronunciation import PronunciationOverride
from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.words import Remark, Words

AuditionMode = Literal["off", "advised", "required"]
Outcome = Literal["heard", "skipped", "rejected"]
Ipa = Annotated[Words, AfterValidator(checked)]
CHOSEN_SOURCES = ("proposal", "typed")  # of an IPA that a person chose over the one in use
SHOWN_TERMS = 5


class AuditionItem(BaseModel):
    """A term as one engine speaks it: what a decision is about.

    `ipa` is None where the engine's own g2p decides, and then the engine's version counts too, and the
    IPA that some of its words have. `accepted` are the spellings that count as the term; a decision
    holds whatever they are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    term: Words
    ipa: Ipa | None
    ipa_source: Words
    engine: Words
    engine_version: Words
    voices: tuple[Words, ...]
    word_ipa: tuple[tuple[Words, Ipa], ...] = ()
    accepted: tuple[Words, ...] = ()

    @property
    def identity(self) -> tuple[object, ...]:
        """The fields that have to be the same for a decision to hold; the source of the IPA may change.

        >>> item = AuditionItem(
        ...     term="timolol", ipa=None, ipa_source="espeak_g2p", engine="espeak",
        ...     engine_version="1.52", voices=("en-us", "en-gb"))
        >>> item.identity == item.model_copy(update={"voices": ("en-gb", "en-us")}).identity
        True
        >>> item.identity == item.model_copy(update={"engine_version": "1.53"}).identity
        False
        """
        version, words = (self.engine_version, self.word_ipa) if self.ipa is None else (None, ())
        return self.term, self.ipa, self.engine, version, words, frozenset(self.voices)


class AuditionDecision(AuditionItem):
    """The decision of a person on a term: listened to and right, rejected, or skipped for a reason.

    `instead` is an IPA that a person wants in place of a rejected one and has not listened to yet.
    """

    decision: Outcome
    reviewer: Words
    reason: Remark = ""
    instead: Ipa | None = None
    at: Words

    @model_validator(mode="after")
    def _check_fields(self) -> AuditionDecision:
        if self.decision == "skipped" and not self.reason:
            raise ValueError("a skip needs a reason")
        if self.instead is not None and self.decision != "rejected":
            raise ValueError("another IPA is given with a rejected one only")
        if self.ipa is None and self.ipa_source in CHOSEN_SOURCES:
            raise ValueError("an IPA that was chosen has to be named")
        return self

    @property
    def chosen(self) -> bool:
        """Whether a person accepted an IPA that was proposed or typed, which then is an override."""
        chosen = self.decision == "heard" and self.ipa_source in CHOSEN_SOURCES
        return chosen and self.ipa is not None

    @property
    def item(self) -> AuditionItem:
        """The item that it is about."""
        fields = self.model_dump(include=set(AuditionItem.model_fields))
        return AuditionItem.model_validate(fields)

    @property
    def sentence(self) -> str:
        """Return a sentence with decision, person, date and reason."""
        reason = f": {self.reason}" if self.reason else ""
        state = "accepted" if self.decision == "heard" else self.decision
        return f"{state} by {self.reviewer} on {self.at[:10]}{reason}"


def current_decision(
    item: AuditionItem, decisions: Sequence[AuditionDecision]
) -> AuditionDecision | None:
    """Return the last decision on just this item, None where there is none."""
    found = (one for one in reversed(decisions) if one.identity == item.identity)
    return next(found, None)


def audition_stamp(item: AuditionItem, decisions: Sequence[AuditionDecision]) -> dict[str, str]:
    """Return the audition fields of an item's rows: the decision, by whom and why; none without one."""
    decision = current_decision(item, decisions)
    if decision is None or decision.decision == "rejected":
        return {}
    parts = {"audition": decision.decision, "audition_by": decision.reviewer}
    return parts | ({"audition_reason": decision.reason} if decision.reason else {})


def undecided(
    items: Sequence[AuditionItem], decisions: Sequence[AuditionDecision]
) -> list[AuditionItem]:
    """Return the items that are neither accepted nor skipped; a rejected one needs another IPA."""
    return [item for item in items if not audition_stamp(item, decisions)]


def audition_stop(
    items: Sequence[AuditionItem],
    decisions: Sequence[AuditionDecision],
    mode: AuditionMode,
    page: str,
    command: str,
) -> str | None:
    """Return why a build may make no more than the clips of its audition; None where it may continue."""
    if mode != "required":
        return None
    return audition_advice(items, decisions, page, command)


def audition_advice(
    items: Sequence[AuditionItem], decisions: Sequence[AuditionDecision], page: str, command: str
) -> str | None:
    """Return a sentence with the terms that are not checked or were rejected, and the command for it.

    None where each is decided. `page` is empty where it was not made yet.
    """
    left = undecided(items, decisions)
    rejected = [item.term for item in left if current_decision(item, decisions)]
    unheard = [item.term for item in left if not current_decision(item, decisions)]
    parts = [
        f"{_counted(terms)} {state} ({first_terms(terms)})"
        for terms, state in ((unheard, "not checked yet"), (rejected, "rejected"))
        if terms
    ]
    if not parts:
        return None
    return f"{' and '.join(parts)}: {f'open {page}, or ' if page else ''}run {command}"


def first_terms(terms: Sequence[str]) -> str:
    """Name the first terms, each once, and how many more there are.

    >>> first_terms(["timolol", "timolol", "heparin"])
    'timolol, heparin'
    >>> first_terms("abcdefgh")
    'a, b, c, d, e and 3 more'
    """
    each = list(dict.fromkeys(terms))
    more = f" and {len(each) - SHOWN_TERMS} more" if len(each) > SHOWN_TERMS else ""
    return ", ".join(each[:SHOWN_TERMS]) + more


def _counted(terms: Sequence[str]) -> str:
    count = len(set(terms))
    return "1 term is" if count == 1 else f"{count} terms are"


def overrides_to_add(
    decisions: Sequence[AuditionDecision], overrides: Sequence[PronunciationOverride], cycle: int
) -> list[PronunciationOverride]:
    """Return the lines that accepted pronunciations add to the overrides, each once."""
    known = {(one.term, one.ipa, one.verified_by, one.verified_at) for one in overrides}
    added: dict[tuple[str, ...], PronunciationOverride] = {}
    for one in decisions:
        if not one.chosen or one.ipa is None:
            continue
        key = (one.term, one.ipa, one.reviewer, one.at)
        notes = f"audition of cycle {cycle}, {one.ipa_source}, {one.engine}"
        notes += f": {one.reason}" if one.reason else ""
        if key not in known:
            added[key] = PronunciationOverride(*key, notes)
    return list(added.values())


def unchecked(rows: Sequence[ClinicalRow], engines: Collection[str]) -> int:
    """Count the rows of terms whose pronunciation nobody checked, skipped ones among them.

    Rows without a decision count where one of these engines spoke them; of others nothing is known.
    """
    return sum(len(terms) for terms in _unchecked_terms(rows, engines).values())


def audition_facts(rows: Sequence[ClinicalRow], engines: Collection[str]) -> str:
    """Return the rows that a report must warn of: skipped ones, by whom and why, and unchecked ones."""
    found = _unchecked_terms(rows, engines)
    if not found:
        return ""
    parts = [f"{len(terms)} {why} ({first_terms(terms)})" for why, terms in found.items()]
    return (
        f"{unchecked(rows, engines)} of {len(rows)} rows are of terms whose pronunciation nobody checked; "
        f"{'; '.join(parts)}"
    )


def _unchecked_terms(rows: Sequence[ClinicalRow], engines: Collection[str]) -> dict[str, list[str]]:
    """Return the term of each row that nobody checked, by why; skipped ones come first."""
    skipped: dict[str, list[str]] = {}
    undecided_terms: list[str] = []
    for row in rows:
        if row.audition == "skipped":
            by = f" by {row.audition_by}" if row.audition_by else ""
            why = f": {row.audition_reason}" if row.audition_reason else ""
            skipped.setdefault(f"skipped{by}{why}", []).append(row.term)
        elif row.audition is None and engine_of(row.voice_id) in engines:
            undecided_terms.append(row.term)
    left = {"neither checked nor skipped": undecided_terms}
    return skipped | (left if undecided_terms else {})
