"""A character is in the alphabet where the tokenizer does not write it as `<unk>`."""

from __future__ import annotations

import string
import unicodedata
from pathlib import Path

import pytest
import sentencepiece

from tasks.domain.alphabet.alphabet import (
    Alphabet,
    alphabet_of_labels,
    alphabet_of_pieces,
    alphabet_of_several,
    alphabet_of_word_pieces,
)
from tasks.domain.alphabet.pieces import PieceModel, read_piece_model
from tasks.workspace.archives import nemo_config, nemo_file
from tests.tasks.domain.alphabet.test_pieces import REFERENCE, trained

LETTERS = Alphabet(frozenset(string.ascii_lowercase))
EVERYDAY = range(32, 0x2FFF)  # Latin, Greek, signs, arrows, fractions, pictures


def of_the_reference() -> bytes:
    base = Path(REFERENCE / "base-ctc.nemo")
    content = nemo_file(base, nemo_config(base)["tokenizer"]["model_path"].removeprefix("nemo:"))
    assert content is not None
    return content


@pytest.mark.parametrize(
    "content",
    [
        of_the_reference(),
        trained(model_type="bpe", vocab_size=80),
        trained(model_type="unigram", vocab_size=60, normalization_rule_name="identity"),
        trained(model_type="char", vocab_size=60, normalization_rule_name="nmt_nfkc_cf"),
        trained(model_type="bpe", vocab_size=400, byte_fallback=True),
    ],
    ids=["reference", "bpe", "identity", "case-folding", "byte-fallback"],
)
def test_what_the_library_writes_as_unknown_is_never_in_the_alphabet(content: bytes) -> None:
    processor = sentencepiece.SentencePieceProcessor(model_proto=content)
    alphabet = alphabet_of_pieces(read_piece_model(content))
    stricter = set()
    for one in map(chr, EVERYDAY):
        unknown = processor.unk_id() in processor.encode(f"t{one}e")
        assert not unknown or alphabet.lacking(f"t{one}e"), hex(ord(one))
        if alphabet.lacking(f"t{one}e") and not unknown:
            stricter.add(unicodedata.category(one))
    # what the tokenizer drops, takes for a space, or folds into another meaning
    assert stricter <= {"Cc", "Cf", "So", "No", "Zs", "Zl", "Zp"}


def test_the_alphabet_lists_in_words_what_it_lacks() -> None:
    assert LETTERS.words == "26 characters; no capitals, digits, punctuation, accents"
    written = Alphabet(frozenset(string.printable) | {"é"})
    assert written.words == "101 characters"
    assert Alphabet(frozenset(), everything=True).words == "every character"


def test_a_trade_mark_or_a_small_digit_is_lacking_though_nfkc_would_make_it_letters_or_digits() -> (
    None
):
    folding = Alphabet(frozenset(string.ascii_letters + string.digits), folds=True)
    assert folding.lacking("Tylenol™ 10⁹ 1½") == {"™", "⁹", "½"}
    assert folding.lacking("Ａµ") == {"μ"}, "a wide A is an A, a micro sign a mu"


def test_a_character_inside_longer_pieces_alone_is_not_in_the_alphabet() -> None:
    found = alphabet_of_pieces(PieceModel(("▁the", "t", "e", "▁"), False, ""))
    assert found.characters == {"t", "e"}


def test_with_byte_fallback_nothing_is_lacking() -> None:
    found = alphabet_of_pieces(PieceModel(("a",), True, ""))
    assert not found.lacking("½ \U0001f600 中")


def test_a_letter_of_a_word_piece_vocabulary_has_to_go_on_in_a_word() -> None:
    found = alphabet_of_word_pieces(["[UNK]", "a", "##a", "b", "##c", "-", "the"])
    assert found.characters == {"a", "-"}


def test_the_labels_of_a_character_model_are_its_alphabet() -> None:
    found = alphabet_of_labels([" ", "a", "b", "'", "<blank>"])
    assert found.lacking("a 'b' c") == {"c"}


def test_several_alphabets_write_together_what_each_can_write() -> None:
    bytes_too = Alphabet(frozenset(), everything=True)
    assert alphabet_of_several([LETTERS, Alphabet(frozenset("aB")), bytes_too]).characters == {"a"}
    assert alphabet_of_several([bytes_too]).everything


def test_two_alphabets_have_one_digest_only_where_they_write_alike() -> None:
    same = Alphabet(frozenset(reversed(string.ascii_lowercase)))
    assert same.sha256 == LETTERS.sha256
    assert Alphabet(LETTERS.characters, folds=True).sha256 != LETTERS.sha256
