"""Rows in are rows used and rows refused; terms that can never be written are named with their rows."""

from __future__ import annotations

import string

from tasks.domain.alphabet.alphabet import Alphabet, UnknownAlphabet
from tasks.domain.alphabet.spelling import (
    BenchmarkSpelling,
    UnwritableTerm,
    benchmark_spelling,
    rewritten_sentence,
    spell_texts,
    unwritable_sentence,
    unwritable_terms,
)

LETTERS = Alphabet(frozenset(string.ascii_lowercase))
UNKNOWN = UnknownAlphabet("its file is not on this host yet")
TEXTS = ["Lung, 5 mg.", "lung", "the 中 lung"]


def test_every_text_is_kept_rewritten_or_refused_with_its_reason() -> None:
    found = spell_texts(TEXTS, LETTERS)
    assert found.texts == ("lung five milligrams", "lung", None)
    assert (found.rewritten, dict(found.reasons)) == (1, {2: "the base cannot write '中'"})
    assert list(found.by_kind.items()) == [("case", 1), ("punctuation", 1), ("numbers", 1)]
    assert found.changed


def test_in_an_unknown_alphabet_nothing_is_rewritten_or_refused() -> None:
    found = spell_texts(TEXTS, UNKNOWN)
    assert found.texts == tuple(TEXTS)
    assert not found.changed
    assert unwritable_terms(["中"], UNKNOWN) == ()


def test_the_digest_is_of_the_text_as_it_is_written() -> None:
    assert spell_texts(["Lung"], LETTERS).sha256 == spell_texts(["lung"], LETTERS).sha256
    refused, missing = spell_texts(["中", "a"], LETTERS), spell_texts(["a"], LETTERS)
    assert refused.sha256 != missing.sha256


def test_the_sentence_counts_rows_by_what_was_changed() -> None:
    assert rewritten_sentence(10, 0, {}, 0) == ""
    assert rewritten_sentence(10, 2, {"case": 2, "accents": 1}, 0) == (
        "2 of 10 rows are trained in the alphabet of the base (2 in lower case, 1 without accents)"
    )
    assert rewritten_sentence(10, 0, {}, 3) == (
        "3 of 10 rows are left out: the base cannot write them"
    )


def test_terms_that_can_never_be_written_are_named_with_their_rows() -> None:
    terms = ["HbA1c", "beta-blocker", "中 b", "中 b", "中 a"]
    found = unwritable_terms(terms, LETTERS)
    assert [(one.term, one.rows) for one in found] == [("中 a", 1), ("中 b", 2)]
    assert unwritable_sentence(found) == (
        "The base can never write 2 terms (3 rows), so no fine-tune can learn them: 中 a, 中 b."
    )
    many = [UnwritableTerm(f"t{number}", 1, "") for number in range(25)]
    assert unwritable_sentence(many).endswith("t18, t19 and 5 others.")


def test_a_benchmark_is_described_by_its_rows_its_terms_and_its_priority_rows() -> None:
    found = benchmark_spelling(TEXTS, ["lung", "lung", "中"], [False, False, True], LETTERS)
    assert (found.rows, found.rewritten, found.unspellable) == (3, 1, 1)
    assert not found.spellable_priority
    assert found.sentences == [
        "The base can never write 1 term (1 row), so no fine-tune can learn it: 中.",
        "1 of 3 rows has characters that the base cannot write: it is not trained on.",
    ]


def test_a_benchmark_that_can_be_written_has_nothing_to_say() -> None:
    found = benchmark_spelling(["Lung."], ["lung"], [True], LETTERS)
    assert found.sentences == []
    assert found.spellable_priority
    assert benchmark_spelling(["Lung."], ["lung"], [True], UNKNOWN) == BenchmarkSpelling(
        alphabet="unknown: its file is not on this host yet", rows=1
    )
