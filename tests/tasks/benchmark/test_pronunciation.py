"""Where a pronunciation comes from, and what is wrong with a file of overrides."""

from __future__ import annotations

import pytest

from tasks.benchmark.pronunciation import (
    Findings,
    Overrides,
    Pronunciation,
    parts_to_pronounce,
    pronounce,
    read_overrides,
    segments,
)

FILE = "pronunciation_overrides.csv"
HEAD = "term,ipa,verified_by,verified_at,notes\n"
LETTERS = set("abdefhijklmnopɹstuvwzæɑɔəɛɡɪʃʊʌʒ")
ENGINES = {"magpie": frozenset("lɑktɪm"), "kokoro": frozenset[str]()}


def overrides(*lines: str) -> Overrides:
    read, faults = read_overrides(HEAD + "\n".join(lines), FILE)
    assert faults == []
    return read


def test_the_last_line_on_a_word_counts() -> None:
    read = overrides(
        "Timolol,ˈtaɪməlɔːl,Ada,2026-01-02,", "timolol,ˈtɪməlɔːl,Ada,2026-01-03,checked again"
    )
    assert read.ipa == {"timolol": "ˈtɪməlɔːl"}
    assert [number for number, _ in read.lines] == [2, 3]
    assert read.lines[1][1].notes == "checked again"


def test_notes_may_be_missing_and_a_file_may_begin_with_a_byte_order_mark() -> None:
    read, faults = read_overrides(
        "\ufeffterm,ipa,verified_by,verified_at\ntimolol,ˈtɪməlɔːl,Ada,2026-01-03\n", FILE
    )
    assert (read.ipa, faults) == ({"timolol": "ˈtɪməlɔːl"}, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", f"{FILE}:1: expected the columns term,ipa,verified_by,verified_at,notes"),
        ("term,ipa\na,b\n", f"{FILE}:1: expected the columns"),
        (HEAD + "timolol,,Ada,2026-01-03,\n", f"{FILE}:2: ipa: expected a value"),
        (HEAD + "a,æ,Ada,now,\nb,æ,,now,\n", f"{FILE}:3: verified_by: expected a value"),
        (HEAD + "a,ˈˌ,Ada,now,\n", f"{FILE}:2: ipa: expected a vowel or a consonant"),
        (HEAD + f"a,{'æ' * 1001},Ada,now,\n", f"{FILE}:2: ipa: expected at most 1,000"),
        (HEAD + f"{'a' * 1001},æ,Ada,now,\n", f"{FILE}:2: term: expected at most 1,000"),
        (HEAD + "a,æ,Ada,now,one,two\n", f"{FILE}:2: expected a value for each column; got more"),
    ],
)
def test_a_fault_names_file_line_and_column(text: str, expected: str) -> None:
    _, (fault,) = read_overrides(text, FILE)
    assert str(fault).startswith(expected)


def test_what_is_right_of_a_file_is_read_beside_its_faults() -> None:
    read, faults = read_overrides(HEAD + "a,æ,Ada,now,\nb,,,now,\n", FILE)
    assert (read.ipa, len(faults)) == ({"a": "æ"}, 2)


@pytest.mark.parametrize(
    ("overridden", "listed", "expected"),
    [
        ({"timolol": "tɪm"}, {"timolol": "taɪm"}, Pronunciation("tɪm", "override")),
        ({}, {"timolol": "taɪm"}, Pronunciation("taɪm", "merriam-webster")),
        ({"timolol": "tɪχ"}, {"timolol": "taɪm"}, Pronunciation("taɪm", "merriam-webster")),
        ({}, {"timolol": "tyχ"}, Pronunciation(None, "espeak_g2p")),
        ({"other": "tɪm"}, {}, Pronunciation(None, "espeak_g2p")),
    ],
)
def test_an_override_goes_before_the_dictionary_and_that_before_the_engine(
    overridden: dict[str, str], listed: dict[str, str], expected: Pronunciation
) -> None:
    assert pronounce("Timolol", overridden, listed, "espeak", LETTERS) == expected


def test_a_term_of_two_words_may_have_its_ipa_word_by_word_but_not_by_halves() -> None:
    words = {"timolol": "tɪm", "maleate": "mæl"}
    assert pronounce("timolol maleate", words, {}, "espeak", None).ipa == "tɪm mæl"
    assert pronounce("timolol acetate", words, {}, "espeak", None).ipa is None
    whole = words | {"timolol maleate": "tɪmæl"}
    assert pronounce("timolol maleate", whole, {}, "espeak", None).ipa == "tɪmæl"


def test_overrides_and_the_dictionary_may_each_have_words_of_a_term() -> None:
    """The row is then the dictionary's: a person has not checked all of it."""
    pronunciation = pronounce(
        "Timolol Maleate", {"timolol": "tɪm"}, {"maleate": "mæl"}, "espeak", None
    )
    assert pronunciation == Pronunciation("tɪm mæl", "merriam-webster")
    both = {"timolol": "taɪ", "maleate": "mæl"}
    pronunciation = pronounce("timolol maleate", {"timolol": "tɪm"}, both, "espeak", None)
    assert pronunciation.ipa == "tɪm mæl"
    whole = {"timolol maleate": "tɪmæl"}
    assert pronounce("timolol maleate", {"timolol": "tɪm"}, whole, "espeak", None).ipa == "tɪmæl"


def test_a_term_with_a_word_that_is_left_to_the_engine_names_those_that_are_not() -> None:
    pronunciation = pronounce("INR of heparin", {"inr": "ɪnɚ"}, {"heparin": "hɛp"}, "espeak", None)
    words = (("INR", "ɪnɚ"), ("heparin", "hɛp"))
    assert pronunciation == Pronunciation(None, "espeak_g2p", words)
    parts = parts_to_pronounce("the i n r of heparin", "INR of heparin", pronunciation, {})
    assert parts == (("i n r", "ɪnɚ"), ("heparin", "hɛp"))


def test_a_word_that_the_engine_cannot_say_is_left_to_it() -> None:
    pronunciation = pronounce("timolol eye", {"timolol": "tyχ", "eye": "aɪ"}, {}, "espeak", LETTERS)
    assert pronunciation == Pronunciation(None, "espeak_g2p", (("eye", "aɪ"),))


def test_an_engine_that_takes_no_ipa_speaks_the_term_itself_and_the_row_is_reported() -> None:
    pronunciation = pronounce("timolol", {"timolol": "tɪm"}, {}, "kokoro", frozenset())
    assert pronunciation == Pronunciation(None, "kokoro_g2p")


def test_the_term_and_other_overridden_words_of_a_sentence_are_pronounced() -> None:
    parts = parts_to_pronounce(
        "Give timolol, not atenolol.",
        "timolol",
        Pronunciation("tɪm", "merriam-webster"),
        {"atenolol": "ætɛn", "metoprolol": "mɛt"},
    )
    assert parts == (("atenolol", "ætɛn"), ("timolol", "tɪm"))


def test_a_term_is_found_in_its_spoken_form() -> None:
    parts = parts_to_pronounce(
        "check hemoglobin a one c", "HbA1c", Pronunciation("hiːm", "override"), {"hbA1c": "hiːm"}
    )
    assert parts == (("hemoglobin a one c", "hiːm"),)


def test_a_term_whose_override_the_engine_cannot_say_keeps_its_own_g2p() -> None:
    pronunciation = Pronunciation(None, "espeak_g2p")
    assert parts_to_pronounce("give timolol", "timolol", pronunciation, {"timolol": "tyχ"}) == ()


def test_the_longest_part_counts_so_that_none_is_inside_another() -> None:
    cut = segments("Timolol maleate and timolol", [("timolol", "tɪm"), ("timolol maleate", "mæl")])
    assert cut == [("Timolol maleate", "mæl"), (" and ", None), ("timolol", "tɪm")]


def test_a_part_is_a_whole_word_with_whatever_is_around_it() -> None:
    cut = segments("(timolol), timolols pretimolol timolol's", [("timolol", "tɪm")])
    assert [part for part, ipa in cut if ipa] == ["timolol", "timolol"]
    assert "".join(part for part, _ in cut) == "(timolol), timolols pretimolol timolol's"
    assert segments("a+b (c)", [("(c)", "si")]) == [("a+b ", None), ("(c)", "si")]


def test_the_ipa_of_the_words_of_a_term_is_not_joined_without_end() -> None:
    given = {"uric": "ə" * 600, "acid": "æ" * 600}
    pronunciation = pronounce("uric acid", given, {}, "espeak", None)
    assert (pronunciation.ipa, pronunciation.word_ipa) == (
        None,
        (("uric", "ə" * 600), ("acid", "æ" * 600)),
    )


def test_a_dictionary_of_marks_alone_leaves_the_word_to_the_engine() -> None:
    assert pronounce("timolol", {}, {"timolol": "ˈˌ"}, "espeak", None).source == "espeak_g2p"


def test_an_ipa_that_can_be_spoken_is_no_fault() -> None:
    assert Findings(ipa={"timil": "tɪmɪl"}).faults("dictionary.jsonl", ENGINES) == []


def test_what_cannot_be_spoken_or_read_and_what_was_not_answered_is_named() -> None:
    found = Findings(
        ipa={"loch": "lɑχ"},
        unreadable={"tim": "'q' is not in the key"},
        not_answered={"lock": "no network"},
    )
    assert [str(one) for one in found.faults("dictionary.jsonl", ENGINES)] == [
        "dictionary.jsonl: ipa: magpie cannot pronounce χ of 'lɑχ', loch",
        "dictionary.jsonl: respellings: tim: 'q' is not in the key",
        "dictionary.jsonl: lock was not looked up: no network",
    ]
