"""A row is said by its engine, with the IPA that counts, in the voices of the benchmark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tasks.domain.build.given import GivenIpa
from tasks.domain.build.plan import PlannedRow, Voice
from tasks.domain.build.pronunciation import Overrides
from tasks.domain.build.terms import Term
from tasks.domain.errors import InvalidInput
from tasks.domain.policy import BuildPolicy
from tasks.domain.sound.conditions import Condition
from tasks.speech.espeak import MORE_VOICES, VOICES
from tasks.speech.voicing import Voicing, open_voicing

TERMS = [Term("timolol", "drug"), Term("heparin", "drug", "hɛpɚɹɪn"), Term("INR", "lab")]
POLICY = BuildPolicy()


def opened(root: Path, *, harder: bool = False, terms: list[Term] = TERMS) -> Voicing:
    given = GivenIpa("terms.csv", terms, Overrides("pronunciation_overrides.csv"))
    return open_voicing(root, POLICY, given, terms, harder=harder)


def row(term: Term) -> PlannedRow:
    text = f"The {term.term} is 2."
    return PlannedRow(term, text, "order", Voice("espeak", "en-us"), Condition("pink", 5.0))


def test_an_order_holds_all_that_makes_a_clip(tmp_path: Path) -> None:
    order = opened(tmp_path).order(row(TERMS[1]), POLICY)
    assert (order.engine, order.voice, order.spoken) == ("espeak", "en-us", "The heparin is two.")
    assert order.pronunciations == (("heparin", "hɛpɚɹɪn"),)
    assert (order.condition, order.seed) == (Condition("pink", 5.0), POLICY.seed)
    assert opened(tmp_path).order(row(TERMS[0]), POLICY).pronunciations == ()


def test_a_word_that_nobody_gave_an_ipa_for_is_looked_up(tmp_path: Path) -> None:
    answers = [
        {"word": word, "respellings": ["ti-mə"], "day": "2026-01-01"}
        for word in ("timolol", "heparin")
    ]
    (tmp_path / "dictionary.jsonl").write_text("".join(json.dumps(one) + "\n" for one in answers))
    voicing = opened(tmp_path)
    sources = [voicing.pronunciation(row(term)).source for term in TERMS]
    assert sources == ["merriam-webster", "override", "espeak_g2p"]


def test_a_benchmark_that_is_made_harder_has_more_voices(tmp_path: Path) -> None:
    assert [one.name for one in opened(tmp_path).voices] == list(VOICES)
    harder = [one.name for one in opened(tmp_path, harder=True).voices]
    assert harder == [*VOICES, *MORE_VOICES[:2]]


def test_an_ipa_that_cannot_be_said_is_a_fault_of_its_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as found:
        opened(tmp_path, terms=[Term("loch", "anatomy", "lɑʘ")])
    assert [str(one) for one in found.value.faults] == [
        "terms.csv: ipa: espeak cannot say ʘ of 'lɑʘ', loch"
    ]


def test_what_a_person_hears_is_what_a_build_says(tmp_path: Path) -> None:
    voicing = opened(tmp_path)
    hearings = voicing.hearings(TERMS, [])
    assert [(one.item.term, one.item.ipa) for one in hearings] == [
        (term.term, voicing.pronunciation(row(term)).ipa) for term in TERMS
    ]
    assert {one.item.voices for one in hearings} == {VOICES}
