"""Proposals from the ending of a word."""

from __future__ import annotations

import pytest

from tasks.benchmark.ipa import ESPEAK_SYMBOLS, ipa_to_espeak, unknown_symbols
from tasks.benchmark.suffixes import ENDINGS, proposals


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
def test_what_is_said_of_a_drug_is_among_the_proposals(term: str, g2p: str, right: str) -> None:
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


def test_what_the_engine_says_already_is_not_proposed() -> None:
    (first, *_) = proposals("vancomycin")
    assert first not in proposals("vancomycin", first)


def test_a_term_of_two_words_keeps_the_other_one() -> None:
    (first, *_) = proposals("metoprolol succinate", "mˈɛɾəpɹˌɑːlɑːl səksᵻnˈeɪt")
    assert first.endswith(" səksᵻnˈeɪt")
    assert proposals("potassium citrate", "pətˈæsiəm sˈɪtɹeɪt") == []
