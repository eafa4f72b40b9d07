"""Utterances become rows: a row a term, found as a transcript is scored, or the reason why none."""

from __future__ import annotations

import pytest

from tasks.benchmark.terms import Term
from tasks.domain.manifest import ClinicalRow, GeneralRow
from tasks.domain.scoring.finding import found, term_forms
from tasks.recordings.rows import (
    NO_TERM,
    NO_WORDS,
    TOO_LONG,
    TOO_SHORT,
    RowDefaults,
    TermList,
    plan_clinical,
    plan_general,
)
from tasks.recordings.utterances import Utterance

TERMS = TermList(
    (
        Term("metoprolol", "drug"),
        Term("beta-blocker", "drug", accepted=("betablockade",)),
        Term("mitral valve", "anatomy"),
        Term("valve", "anatomy"),
        Term("tablets", "drug"),
        Term("5-FU", "drug", accepted=("fluorouracil",)),
    )
)


def utterance(text: str, **fields: str) -> Utterance:
    return Utterance("a.csv", 3, "a.wav", text, fields=fields, name="u1")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Metoprolol is a betablocker.", ["metoprolol", "beta-blocker"]),
        ("on Beta Blockade", []),
        ("on betablockade", ["beta-blocker"]),
        ("the mitral-valve leaks", ["mitral valve"]),
        ("valve, not mitral valve", ["mitral valve", "valve"]),
        ("two tablets of five F U", ["tablets", "5-FU"]),
        ("metoprolols", []),
    ],
)
def test_terms_are_found_as_they_are_scored(text: str, terms: list[str]) -> None:
    planned, faults = plan_clinical(utterance(text), 2, TERMS, RowDefaults())
    assert faults == []
    assert [row["term"] for row in planned.rows] == terms
    assert planned.refused == ("" if terms else NO_TERM)
    for row in planned.rows:
        assert found(term_forms(row["term"], row.get("accepted", ())), text)


def test_a_row_has_the_values_of_its_input_else_those_given_for_all() -> None:
    defaults = RowDefaults("synthetic", "ana", "snr_5db", "handoff", "override")
    (row,) = plan_clinical(utterance("metoprolol"), 2, TERMS, defaults)[0].rows
    own = ("voice_id", "speaker", "noise_level", "context_type", "ipa_source", "source", "id")
    assert [row[name] for name in own] == [
        "ana", "ana", "snr_5db", "handoff", "override", "synthetic", "u1",
    ]  # fmt: skip
    (row,) = plan_clinical(utterance("metoprolol", speaker="clinic:ben"), 2, TERMS, defaults)[
        0
    ].rows
    assert (row["speaker"], row["voice_id"]) == ("clinic:ben", "clinic-ben")
    fields = {
        "speaker": "ben",
        "noise_level": "clean",
        "context_type": "order",
        "source": "recorded",
    }
    (row,) = plan_clinical(utterance("metoprolol", **fields), 2, TERMS, defaults)[0].rows
    assert {name: row[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("source", "guessed"), [("recorded", "override"), ("synthetic", "unknown_g2p")]
)
def test_the_pronunciation_of_a_person_is_taken_as_meant_and_that_of_a_machine_as_guessed(
    source: str, guessed: str
) -> None:
    (row,) = plan_clinical(utterance("metoprolol", source=source), 2, TERMS, RowDefaults())[0].rows
    assert (row["ipa_source"], row["voice_id"]) == (guessed, "unknown")
    assert "speaker" not in row
    ClinicalRow.model_validate(row | {"audio_filepath": "a.wav"})


@pytest.mark.parametrize(
    ("text", "seconds", "reason"),
    [
        ("…", 2, NO_WORDS),
        ("metoprolol", 20.1, TOO_LONG),
        ("metoprolol", 0.05, TOO_SHORT),
        ("hello", 2, NO_TERM),
    ],
)
def test_an_utterance_that_cannot_be_a_row_is_refused_with_its_reason(
    text: str, seconds: float, reason: str
) -> None:
    planned, faults = plan_clinical(utterance(text), seconds, TERMS, RowDefaults())
    assert (planned.rows, planned.refused, faults) == ((), reason, [])


def test_a_term_of_the_input_itself_has_to_be_in_its_text_and_to_have_a_category() -> None:
    (row,) = plan_clinical(
        utterance("take apixaban and metoprolol", term="apixaban", entity_category="drug"),
        2,
        TERMS,
        RowDefaults(),
    )[0].rows
    assert (row["term"], row["entity_category"]) == ("apixaban", "drug")
    (row,) = plan_clinical(utterance("fluorouracil", term="5-fu"), 2, TERMS, RowDefaults())[0].rows
    assert row["accepted"] == ["fluorouracil"]
    _, (fault,) = plan_clinical(utterance("take it", term="apixaban"), 2, TERMS, RowDefaults())
    assert str(fault).startswith("a.csv:3: entity_category: expected a category of 'apixaban'")
    _, (fault,) = plan_clinical(utterance("take it", term="valve"), 2, TERMS, RowDefaults())
    assert str(fault) == "a.csv:3: term: expected its words in the text; got 'valve'"


def test_fields_that_a_manifest_would_refuse_are_faults_each_once() -> None:
    fields = {"noise_level": "loud", "source": "real"}
    _, faults = plan_clinical(
        utterance("metoprolol, a beta blocker", **fields), 2, TERMS, RowDefaults()
    )
    assert [fault.field for fault in faults] == ["source", "noise_level"]
    assert "expected clean or snr_<number>db; got 'loud'" in str(faults[1])


def test_general_speech_is_a_row_without_a_term() -> None:
    planned, faults = plan_general(utterance("Good morning", speaker="ana"), 2, RowDefaults())
    (row,) = planned.rows
    assert row == {
        "id": "u1", "text": "Good morning", "voice_id": "ana", "speaker": "ana", "source": "recorded",
    }  # fmt: skip
    GeneralRow.model_validate(row | {"audio_filepath": "a.wav"})
    assert plan_general(utterance("…"), 2, RowDefaults())[0].refused == NO_WORDS
    assert faults == []
