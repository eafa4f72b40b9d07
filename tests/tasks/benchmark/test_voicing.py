"""A row is spoken by its engine, with the IPA that counts, in the voices of the benchmark."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.benchmark.auditioning import entries_of, terms_as_spoken
from tasks.benchmark.clip import Voicing
from tasks.benchmark.conditions import Condition
from tasks.benchmark.engines.espeak import MORE_VOICES, VOICES
from tasks.benchmark.plan import PlannedRow, Voice
from tasks.benchmark.pronunciation import GivenIpa, Pronunciation, read_overrides
from tasks.benchmark.terms import Term
from tasks.benchmark.voicing import open_voicing
from tasks.domain.errors import InvalidInput
from tasks.domain.policy import BuildPolicy, EngineConfig

TERMS = [Term("timolol", "drug"), Term("heparin", "drug", "hɛpɚɹɪn"), Term("INR", "lab")]
POLICY = BuildPolicy()
KOKORO = EngineConfig(engine="http", name="kokoro", url="http://127.0.0.1:1", voices=("en-us",))


def opened(
    root: Path,
    *,
    harder: bool = False,
    terms: list[Term] = TERMS,
    policy: BuildPolicy = POLICY,
    overrides: str = "",
) -> Voicing:
    head = "term,ipa,verified_by,verified_at\n"
    read, faults = read_overrides(head + overrides, "pronunciation_overrides.csv")
    assert faults == []
    return open_voicing(root, policy, GivenIpa("terms.csv", terms, read), terms, harder=harder)


def row(term: Term, text: str = "The {} is 2.", engine: str = "espeak") -> PlannedRow:
    voice = Voice(engine, "en-us")
    return PlannedRow(term, text.format(term.term), "order", voice, Condition("pink", 5.0))


def answers(root: Path, **respellings: str) -> None:
    """Leave the answers of a dictionary."""
    lines = [
        {"word": word, "respellings": [spoken], "day": "2026-01-01"}
        for word, spoken in respellings.items()
    ]
    (root / "dictionary.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines))


def test_an_order_holds_all_that_makes_a_clip(tmp_path: Path) -> None:
    order = opened(tmp_path).order(row(TERMS[1]), POLICY)
    assert (order.engine, order.voice, order.spoken) == ("espeak", "en-us", "The heparin is two.")
    assert order.pronunciations == (("heparin", "hɛpɚɹɪn"),)
    assert (order.condition, order.seed) == (Condition("pink", 5.0), POLICY.seed)
    assert opened(tmp_path).order(row(TERMS[0]), POLICY).pronunciations == ()


def test_a_word_that_nobody_gave_an_ipa_for_is_looked_up(tmp_path: Path) -> None:
    answers(tmp_path, timolol="ti-mə", heparin="ti-mə")
    voicing = opened(tmp_path)
    sources = [voicing.pronunciation(row(term)).source for term in TERMS]
    assert sources == ["merriam-webster", "override", "espeak_g2p"]


def test_a_benchmark_that_is_made_harder_has_more_voices(tmp_path: Path) -> None:
    assert [one.name for one in opened(tmp_path).voices] == list(VOICES)
    harder = [one.name for one in opened(tmp_path, harder=True).voices]
    assert harder == [*VOICES, *MORE_VOICES[:2]]


def test_an_ipa_that_cannot_be_spoken_is_a_fault_of_its_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as found:
        opened(tmp_path, terms=[Term("loch", "anatomy", "lɑʘ")])
    assert [str(one) for one in found.value.faults] == [
        "terms.csv: ipa: espeak cannot pronounce ʘ of 'lɑʘ', loch"
    ]


def test_an_override_of_an_abbreviation_counts_beside_the_term_too(tmp_path: Path) -> None:
    voicing = opened(tmp_path, overrides="INR,ɪnɚ,Ada,now\nMRSA,mɜːsə,Ada,now\n")
    order = voicing.order(row(TERMS[0], "INR and MRSA before {}."), POLICY)
    assert order.pronunciations == (("i n r", "ɪnɚ"), ("mersa", "mɜːsə"))


def test_an_engine_that_takes_no_ipa_is_given_none_of_any_word(tmp_path: Path) -> None:
    maleate = Term("timolol maleate", "drug")
    voicing = opened(
        tmp_path,
        terms=[maleate],
        policy=BuildPolicy(engines=(EngineConfig(), KOKORO)),
        overrides="timolol,tɪm,Ada,now\nmaleate,mæl,Ada,now\n",
    )
    assert voicing.not_used == ()
    by_espeak, by_kokoro = (
        voicing.order(row(maleate, engine=name), POLICY) for name in ("espeak", "kokoro")
    )
    assert by_espeak.pronunciations == (("timolol maleate", "tɪm mæl"),)
    assert by_kokoro.pronunciations == ()
    assert voicing.pronunciation(row(maleate, engine="kokoro")).source == "kokoro_g2p"


def test_what_one_of_two_engines_cannot_pronounce_it_takes_from_the_dictionary_and_reports_it(
    tmp_path: Path, riva_speech: tuple[Any, str], caplog: pytest.LogCaptureFixture
) -> None:
    answers(tmp_path, timolol="ti-mə")
    magpie = EngineConfig(
        engine="riva", name="magpie", url=riva_speech[1], voices=("a",), symbols="t ɪ m ə"
    )
    timolol = Term("timolol", "drug")
    voicing = opened(
        tmp_path,
        terms=[timolol],
        policy=BuildPolicy(engines=(EngineConfig(), magpie)),
        overrides="timolol,tɪmɔ,Ada,now\n",
    )
    spoken = [voicing.pronunciation(row(timolol, engine=name)) for name in ("espeak", "magpie")]
    assert spoken == [Pronunciation("tɪmɔ", "override"), Pronunciation("tɪmə", "merriam-webster")]
    (sentence,) = voicing.not_used
    assert sentence == "pronunciation_overrides.csv:2: ipa: magpie cannot pronounce ɔ of 'tɪmɔ'"
    assert sentence in caplog.text


def test_a_dictionary_that_cannot_be_read_or_spoken_or_asked_is_no_silent_guess(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers(tmp_path, timolol="ˈqa", heparin="œ")
    terms = [Term("timolol", "drug"), Term("heparin", "drug"), Term("nadolol", "drug")]
    voicing = opened(tmp_path, terms=terms)
    assert {voicing.pronunciation(row(term)).source for term in terms} == {"espeak_g2p"}
    assert list(voicing.not_used) == [
        "dictionary.jsonl: ipa: espeak cannot pronounce œ of 'œ', heparin",
        "dictionary.jsonl: respellings: timolol: 'q' is not in Merriam-Webster's key; got 'ˈqa'",
        "dictionary.jsonl: nadolol was not looked up: FLYWHEEL_MERRIAM_WEBSTER_KEY is not set",
    ]
    assert all(sentence in caplog.text for sentence in voicing.not_used)


def test_what_a_person_checks_is_what_a_build_speaks(tmp_path: Path) -> None:
    voicing = opened(tmp_path)
    entries = entries_of(voicing, TERMS, [])
    assert [(one.item.term, one.item.ipa) for one in entries] == [
        (term.term, voicing.pronunciation(row(term)).ipa) for term in TERMS
    ]
    assert {one.item.voices for one in entries} == {VOICES}
    assert terms_as_spoken(voicing, TERMS) == [one.item for one in entries]


@pytest.mark.parametrize(
    ("term", "right"),
    [("vancomycin", "ˌvæŋkəˈmaɪsɪn"), ("heparin", "ˈhɛpəɹɪn"), ("imatinib", "ɪˈmætɪnɪb")],
)
def test_what_is_proposed_of_a_term_follows_from_how_its_engine_reads_it(
    tmp_path: Path, term: str, right: str
) -> None:
    """None of them follows from the letters alone."""
    terms = [Term(term, "drug")]
    (entry,) = entries_of(opened(tmp_path, terms=terms), terms, [])
    assert right in [one.ipa for one in entry.proposals]


def test_a_term_that_is_read_in_part_shows_its_words_with_an_ipa_by_that(tmp_path: Path) -> None:
    voicing = opened(tmp_path, overrides="INR,ɪnɚ,Ada,now\n")
    inr, other = entries_of(voicing, [Term("INR ratio", "lab"), Term("ratio", "lab")], [])
    assert inr.g2p == f"ɪnɚ {other.g2p}"
