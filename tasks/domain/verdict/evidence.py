"""What speech a verdict rests on: synthetic, or recorded of people; and what recorded speech shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tasks.domain.manifest import ClinicalRow, engine_of
from tasks.domain.policy import Policy
from tasks.domain.verdict.comparison import Pair
from tasks.domain.verdict.decide import NEXT, Accepted, Decision
from tasks.domain.verdict.noninferiority import units_needed
from tasks.domain.verdict.priority import measure, p_text
from tasks.domain.verdict.statistics import alpha_of_look

SHOWN, NOT_SHOWN = "Shown on recorded speech", "Not shown on people's speech"


def evidence(rows: Sequence[ClinicalRow]) -> str:
    """Name the speech of the rows that were judged; a row is synthetic unless it is declared recorded.

    >>> row = ClinicalRow.model_construct
    >>> spoken = [row(voice_id=f"espeak:en-{n % 6}", source=None) for n in range(60)]
    >>> people = [row(voice_id="nurse", speaker=f"p{n % 14}", source="recorded") for n in range(40)]
    >>> evidence(spoken), evidence(people)
    ('synthetic (1 engine, 6 voices)', 'recorded people (14 speakers)')
    >>> evidence([*spoken, *people])
    'synthetic (1 engine, 6 voices) + recorded people (14 speakers)'
    """
    voices = {row.voice_id for row in rows if row.source != "recorded"}
    people = {row.speaker or row.voice_id for row in rows if row.source == "recorded"}
    # a voice without an engine in its name is of the one engine that nobody named
    engines = {engine_of(voice) if ":" in voice else "" for voice in voices}
    parts = []
    if voices:
        parts.append(f"synthetic ({_count(engines, 'engine')}, {_count(voices, 'voice')})")
    if people:
        parts.append(f"recorded people ({_count(people, 'speaker')})")
    return " + ".join(parts)


def _count(named: set[str], unit: str) -> str:
    return f"{len(named)} {unit}{'s' if len(named) > 1 else ''}"


@dataclass(frozen=True)
class Recorded:
    """Whether recorded speech shows an improvement, and the sentence about it."""

    shown: bool
    sentence: str


def recorded_speech(
    rows: Sequence[ClinicalRow], pair: Pair, accepted: Accepted | None, policy: Policy, look: int
) -> Recorded:
    """Test the drop on recorded priority rows: those of acceptance.jsonl, else those that were judged.

    `rows` and `pair` are those that were judged. The drop has to be above zero and significant at the
    level of this look.
    """
    for some, both in ([(accepted.rows, accepted.pair)] if accepted else []) + [(rows, pair)]:
        chosen = [n for n in policy.priority_positions(some) if some[n].source == "recorded"]
        if chosen:
            return _tested([some[n] for n in chosen], both.at(chosen), policy, look)
    why = "no recorded row judged it"
    if accepted is not None:
        why = "no row of acceptance.jsonl is declared `source: recorded`"
    return Recorded(False, f"{NOT_SHOWN}: {why}.")


def _tested(rows: Sequence[ClinicalRow], pair: Pair, policy: Policy, look: int) -> Recorded:
    found = measure(rows, pair, policy, look=look)
    shown = found.significant and (found.relative_drop or 0.0) > 0
    facts = (
        "" if found.p_value is None else f" ({p_text(found.p_value)}, tested at {found.alpha:.2g})"
    )
    return Recorded(
        shown,
        f"{SHOWN if shown else NOT_SHOWN}: priority KER {found.ker_comparison:.3f} → "
        f"{found.ker_candidate:.3f} on {found.rows} recorded rows of {found.terms} terms{facts}.",
    )


def with_evidence(
    decision: Decision,
    rows: Sequence[ClinicalRow],
    pair: Pair,
    accepted: Accepted | None,
    policy: Policy,
) -> Decision:
    """Name what speech a decision rests on, and whether recorded speech shows it where it is kept.

    `rows` and `pair` are those that were judged. Where the policy requires recorded speech to show the
    improvement, a candidate without it is not kept.
    """
    judged = [*rows, *(accepted.rows if accepted else ())]
    decision = replace(decision, evidence=evidence(judged))
    if decision.verdict != "keep" or decision.rule == "published":
        return decision
    found = recorded_speech(rows, pair, accepted, policy, decision.priority.look)
    if found.shown or policy.acceptance != "required":
        first, *others = decision.reasons
        return replace(decision, reasons=(first, found.sentence, *others))
    return replace(
        decision,
        verdict="grow",
        next=NEXT["grow"],
        reasons=(f"{found.sentence} `acceptance: required` asks for it.", *decision.reasons),
    )


def never_accepted(rows: Sequence[ClinicalRow] | None, policy: Policy, look: int) -> str:
    """Return why acceptance.jsonl lets nothing be kept, whatever a candidate does; empty where it can.

    `rows` are its rows, None without the file.
    """
    if policy.decide.rule == "published":
        return ""
    required = policy.acceptance == "required"
    if rows is None:
        return "acceptance is required and there is no acceptance.jsonl" if required else ""
    alpha = alpha_of_look(look)
    chosen = [rows[n] for n in policy.priority_positions(rows)]
    terms = {row.term for row in chosen}
    needed = units_needed(policy.decide.acceptance_rise, alpha)
    if policy.decide.open_guard == "grow" and len(terms) < needed:
        return f"acceptance.jsonl has {len(terms)} priority terms and needs {needed}"
    people = {row.term for row in chosen if row.source == "recorded"}
    if required and 2.0 ** -(len(people) + 1) >= alpha:  # all of them better: the least mid-p
        return (
            f"acceptance.jsonl has {len(people)} priority terms on rows declared `source: recorded`, "
            "and a drop on so few cannot be significant"
        )
    return ""
