"""An audition asks about every term with every engine, and proposes what the engine can say."""

from __future__ import annotations

import pytest

from tasks.benchmark.audition import AuditionDecision
from tasks.benchmark.audition_plan import (
    ENDINGS,
    AuditionEntry,
    Proposal,
    Speaker,
    TermToAudition,
    audition_items,
    plan_audition,
    proposals,
)
from tasks.benchmark.ipa import ESPEAK_SYMBOLS, ipa_to_espeak, unknown_symbols
from tasks.benchmark.terms import Term

TIMOLOL = TermToAudition("timolol", "drug", "Start timolol today.")
INR = TermToAudition("INR", "lab", "The INR is two.")
ESPEAK = Speaker("espeak", "1.52", ("en-us", "en-gb"), ESPEAK_SYMBOLS)
MAGPIE = Speaker("magpie", "1", ("sofia",), None)
NO_IPA = Speaker("kokoro", "1", ("af",), frozenset())


def planned(*speakers: Speaker, **tables: dict[str, str]) -> list[AuditionEntry]:
    overrides, dictionary = tables.get("overrides", {}), tables.get("dictionary", {})
    items = audition_items(
        [Term("timolol", "drug"), Term("INR", "lab")], speakers, overrides, dictionary
    )
    g2p = {one.identity: tables.get("g2p", {}).get(one.term, "") for one in items}
    inventories = {one.engine: one.inventory for one in speakers}
    return plan_audition([TIMOLOL, INR], items, inventories, dictionary, g2p, [])


def test_every_term_is_played_with_every_engine_in_all_its_voices() -> None:
    entries = planned(ESPEAK, MAGPIE)
    assert [(one.item.term, one.item.engine, one.item.voices) for one in entries] == [
        ("timolol", "espeak", ("en-us", "en-gb")), ("timolol", "magpie", ("sofia",)),
        ("INR", "espeak", ("en-us", "en-gb")), ("INR", "magpie", ("sofia",)),
    ]  # fmt: skip
    assert [(one.category, one.sentence) for one in entries[::2]] == [
        ("drug", "Start timolol today."), ("lab", "The INR is two."),
    ]  # fmt: skip


def test_an_item_is_spoken_as_a_build_would_say_it() -> None:
    given = {"timolol": "ˈtɪməlɑːl"}
    (override, _), (found, _), (guessed, _) = (
        planned(ESPEAK, overrides=given), planned(ESPEAK, dictionary=given), planned(ESPEAK),
    )  # fmt: skip
    assert (override.item.ipa, override.item.ipa_source) == ("ˈtɪməlɑːl", "override")
    assert (found.item.ipa, found.item.ipa_source) == ("ˈtɪməlɑːl", "merriam-webster")
    assert (guessed.item.ipa, guessed.item.ipa_source) == (None, "espeak_g2p")


def test_an_item_names_the_words_that_have_an_ipa_where_the_rest_has_none() -> None:
    (item,) = audition_items([Term("timolol maleate", "drug")], [ESPEAK], {"timolol": "tɪm"}, {})
    assert (item.ipa, item.word_ipa) == (None, (("timolol", "tɪm"),))


def test_a_known_ending_proposes_and_what_is_spoken_already_is_not_proposed() -> None:
    timolol, inr = planned(ESPEAK)
    assert {one.source for one in timolol.proposals} == {"proposal"}
    assert len(timolol.proposals) >= 2
    assert inr.proposals == ()
    first = timolol.proposals[0].ipa
    again, _ = planned(ESPEAK, overrides={"timolol": first})
    assert first not in [one.ipa for one in again.proposals]


def test_a_stem_is_proposed_as_the_engine_reads_it_too() -> None:
    letters, _ = planned(ESPEAK)
    read, _ = planned(ESPEAK, g2p={"timolol": "tˈaɪmoʊləl"})
    assert (letters.g2p, read.g2p) == ("", "tˈaɪmoʊləl")
    assert read.proposals[0].ipa == "ˈtaɪməˌlɔːl"
    assert {one.ipa for one in read.proposals} > {one.ipa for one in letters.proposals}


def test_the_dictionary_is_proposed_where_an_override_is_in_use() -> None:
    entry, _ = planned(ESPEAK, overrides={"timolol": "tɪm"}, dictionary={"timolol": "ˈtɪməlɑːl"})
    assert entry.proposals[0] == Proposal("ˈtɪməlɑːl", "proposal", "dictionary")


def test_what_a_person_asked_for_comes_first_and_once() -> None:
    plain = planned(ESPEAK)[0]
    wish = plain.proposals[1].ipa
    asked = AuditionDecision(
        **plain.item.model_dump(), decision="rejected", reviewer="Ana", at="2026", instead=wish
    )
    inventories = {"espeak": ESPEAK_SYMBOLS}
    (entry,) = plan_audition([TIMOLOL], [plain.item], inventories, {}, {}, [asked])
    assert entry.proposals[0] == Proposal(wish, "typed", "asked for by Ana")
    assert [one.ipa for one in entry.proposals].count(wish) == 1
    assert len(entry.proposals) == len(plain.proposals)


@pytest.mark.parametrize("speaker", [NO_IPA, Speaker("odd", "1", ("v",), frozenset("χ"))])
def test_what_an_engine_cannot_say_is_not_proposed(speaker: Speaker) -> None:
    assert planned(speaker)[0].proposals == ()


@pytest.mark.parametrize(
    ("term", "g2p", "right"),
    [
        ("gentamicin", "dʒˈɛntɐmˌɪsɪn", "ˌdʒɛntəˈmaɪsɪn"),
        ("vancomycin", "vˌæŋkəmˈaɪsɪn", "ˌvæŋkəˈmaɪsɪn"),
        ("pantoprazole", "pˈæntəpɹˌæzoʊl", "pænˈtoʊpɹəˌzoʊl"),
        ("rosuvastatin", "ɹˈɑːsuːvˌæstɐtˌɪn", "ˌɹoʊsuːvəˈstætɪn"),
        ("losartan", "lˈɑːsɑːɹtən", "loʊˈsɑːɹtæn"),
        ("fluconazole", "flˈuːkənˌæzoʊl", "fluːˈkɑːnəˌzoʊl"),
        ("ampicillin", "ˌæmpɪsˈɪlᵻn", "ˌæmpɪˈsɪlɪn"),
        ("heparin", "hˈɛpɚɹˌɪn", "ˈhɛpəɹɪn"),
        ("ramipril", "ɹˈæmɪpɹəl", "ɹæˈmɪpɹɪl"),
        ("atenolol", "ˈeɪtnəlˌɑːl", "æˈtɛnəˌlɔːl"),
        ("imatinib", "ɪmˈætɪnˌɪb", "ɪˈmætɪnɪb"),
        ("sitagliptin", "sˈɪɾɐɡlˌɪptɪn", "ˌsɪtəˈɡlɪptɪn"),
        ("empagliflozin", "ɛmpˈæɡlɪflˌɑːzɪn", "ˌɛmpəɡlɪˈfloʊzɪn"),
        ("amlodipine", "ˈæmlədˌɪpaɪn", "æmˈloʊdɪˌpiːn"),
        ("ondansetron", "ˈɑːndɐnsˌɛtɹɑːn", "ɑːnˈdænsɪˌtɹɑːn"),
    ],
)
def test_the_pronunciation_of_a_drug_is_among_the_proposals(
    term: str, g2p: str, right: str
) -> None:
    assert right in proposals(term, g2p)


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_every_ending_gives_one_main_stress_and_sounds_that_espeak_has(ending: str) -> None:
    for term in (f"cora{ending}", f"ba{ending}", f"thrixon{ending}"):
        found = proposals(term)
        assert found
        for ipa in found:
            assert ipa.count("ˈ") == 1
            assert unknown_symbols(ipa, ESPEAK_SYMBOLS) == ()
            assert ipa_to_espeak(ipa)


def test_the_longest_ending_counts() -> None:
    assert proposals("metronidazole")[0].endswith("ˈnaɪdəˌzoʊl")


def test_a_word_without_a_known_ending_has_no_proposals() -> None:
    assert proposals("potassium") == []
    assert proposals("mab") == [], "an ending alone is no word"


def test_what_the_engine_speaks_already_is_not_proposed() -> None:
    (first, *_) = proposals("vancomycin")
    assert first not in proposals("vancomycin", first)


def test_a_term_of_two_words_keeps_the_other_one() -> None:
    (first, *_) = proposals("metoprolol succinate", "mˈɛɾəpɹˌɑːlɑːl səksᵻnˈeɪt")
    assert first.endswith(" səksᵻnˈeɪt")
    assert proposals("potassium citrate", "pətˈæsiəm sˈɪtɹeɪt") == []
