"""The terms that a person checks before a build, and the earlier rows that are spoken again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.benchmark.audition import AuditionDecision, AuditionItem
from tasks.benchmark.audition_file import Auditioned, apply_audition, read_audition
from tasks.benchmark.audition_plan import (
    AuditionEntry,
    Speaker,
    TermToAudition,
    audition_items,
    first_sentence,
    plan_audition,
)
from tasks.benchmark.build import BuildInputs
from tasks.benchmark.clip import Voicing
from tasks.benchmark.engines.configured import inventories_of
from tasks.benchmark.plan import PlannedRow
from tasks.benchmark.pronunciation import ipa_used, pronunciation_changed
from tasks.benchmark.rows import MadeRow
from tasks.benchmark.terms import Term
from tasks.domain.errors import InvalidInput
from tasks.domain.spoken.forms import spoken_form
from tasks.logs import log
from tasks.workspace.locks import remove_leftovers
from tasks.workspace.open import POLICY_FILE, read_policy


@dataclass(frozen=True)
class CarriedRows:
    """The places, in the manifest before, of rows that are spoken again: rejected, or with another IPA."""

    rejected: frozenset[int]
    changed: frozenset[int]

    @property
    def again(self) -> frozenset[int]:
        return self.rejected | self.changed


def terms_as_spoken(voicing: Voicing, terms: Sequence[Term]) -> list[AuditionItem]:
    """Return the items of an audition: each term as each engine speaks it."""
    speakers = [
        Speaker(name, one.engine.version, one.voices, one.engine.inventory)
        for name, one in voicing.engines.items()
    ]
    return audition_items(terms, speakers, voicing.given.ipa, voicing.dictionary)


def entries_of(
    voicing: Voicing, terms: Sequence[Term], decisions: Sequence[AuditionDecision]
) -> list[AuditionEntry]:
    """Return the entries of an audition: each term as each engine speaks it, with proposals."""
    to_audition = [
        TermToAudition(one.term, one.entity_category, first_sentence(one)) for one in terms
    ]
    items = terms_as_spoken(voicing, terms)
    g2p = {item.identity: _read(voicing, item) for item in items if item.ipa is None}
    inventories = {name: one.engine.inventory for name, one in voicing.engines.items()}
    return plan_audition(to_audition, items, inventories, voicing.dictionary, g2p, decisions)


def _read(voicing: Voicing, item: AuditionItem) -> str:
    """Return an engine's reading of a term, its words with an IPA by that; empty where it reports none."""
    engine, known = voicing.engines[item.engine].engine, dict(item.word_ipa)
    pieces = item.term.split() if known else [item.term]
    read = [known.get(piece) or engine.g2p(spoken_form(piece)) or "" for piece in pieces]
    return " ".join(read) if all(read) else ""


def take_in_audition(root: Path, number: int) -> None:
    """Add to the overrides what was accepted in a cycle's audition; warn of what no engine can pronounce.

    What a killed audition left half-written is removed first.
    """
    remove_leftovers(root, root / f"cycle{number}")
    try:
        policy = read_policy(root / POLICY_FILE)
    except InvalidInput:
        return  # who reads the inputs of a build names every fault of them
    for sentence in apply_audition(root, number, inventories_of(policy.build.engines)):
        log().warning("audition: %s", sentence)


def check_audition(inputs: BuildInputs, voicing: Voicing) -> tuple[Auditioned, CarriedRows]:
    """Read the decisions on all terms of a build; raise InvalidInput where some have to be checked first.

    Asked for are terms of rows that are added, carried over unchecked, or spoken with another IPA
    than before. A term that was rejected and is no longer listed is not asked for: its rows go.
    """
    mode = inputs.policy.build.audition
    carried = inputs.carried_planned
    wanted = [one.term for one in inputs.growth.wanted]
    terms = list(dict.fromkeys([*wanted, *(row.term for row in carried if row)]))
    items = terms_as_spoken(voicing, terms)
    known = read_audition(inputs.root, inputs.number, (), mode, items)
    rows = _rows_to_repeat(inputs, voicing, known)
    asked = _asked(inputs, wanted, rows)
    chosen = [item for item in items if item.term in asked]
    return read_audition(inputs.root, inputs.number, chosen, mode, items), rows


def _rows_to_repeat(inputs: BuildInputs, voicing: Voicing, known: Auditioned) -> CarriedRows:
    """Find the rows whose term was rejected, and those that were not spoken with the IPA in use now."""
    rejected, changed = set[int](), set[int]()
    for place, row in enumerate(inputs.carried_planned):
        if row is None:
            continue
        source = inputs.carried[place].ipa_source
        if known.rejected(row):
            rejected.add(place)
        elif pronunciation_changed(source, _noted(inputs, row), voicing.pronunciation(row)):
            changed.add(place)
    return CarriedRows(frozenset(rejected), frozenset(changed))


def _asked(inputs: BuildInputs, wanted: Collection[Term], rows: CarriedRows) -> set[str]:
    """Name the terms that a person is asked to check."""
    listed, asked = frozenset(inputs.terms), {one.term for one in wanted}
    for place, row in enumerate(inputs.carried_planned):
        if row is None or (place in rows.rejected and row.term not in listed):
            continue
        if place in rows.again or inputs.carried[place].audition is None:
            asked.add(row.term.term)
    return asked


def ipa_of_terms(
    inputs: BuildInputs, voicing: Voicing, carried: CarriedRows, made: Sequence[MadeRow]
) -> dict[str, dict[str, str]]:
    """Return the IPA that the term of each row is spoken with, by engine: as noted for rows carried over."""
    found: dict[str, dict[str, str]] = {}
    for place, row in enumerate(inputs.carried_planned):
        if row and place not in carried.again:
            noted = _noted(inputs, row)
            ipa = ipa_used(voicing.pronunciation(row)) if noted is None else noted
            found.setdefault(row.voice.engine, {})[row.term.term] = ipa
    for one in made:
        if not one.refused:
            ipa = ipa_used(voicing.pronunciation(one.row))
            found.setdefault(one.row.voice.engine, {})[one.row.term.term] = ipa
    return {
        engine: {term: ipa for term, ipa in sorted(terms.items()) if ipa}
        for engine, terms in sorted(found.items())
    }


def _noted(inputs: BuildInputs, row: PlannedRow) -> str | None:
    """Return the IPA that a carried row was spoken with, empty for none; None where nothing is noted."""
    if inputs.noted is None:
        return None
    return inputs.noted.get(row.voice.engine, {}).get(row.term.term, "")
