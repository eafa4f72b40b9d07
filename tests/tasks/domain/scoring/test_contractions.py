"""Contractions and possessives."""

import pytest

from tasks.domain.scoring.contractions import EPONYMS, WITHOUT_APOSTROPHE, spelled_out


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("isn't", "is not"), ("won't", "will not"), ("can't", "can not"), ("cannot", "can not"),
        ("shouldn't've", "should not have"), ("they're", "they are"), ("i'm", "i am"),
        ("he'll", "he will"), ("he'd", "he d"), ("it's", "it is"), ("let's", "let us"),
        ("patient's", "patient"), ("crohn's", "crohn"), ("crohns", "crohn"), ("o'brien", "obrien"),
    ],
)  # fmt: skip
def test_a_contraction_is_spelled_out_and_a_possessive_loses_its_s(word: str, words: str) -> None:
    assert " ".join(spelled_out(word)) == words


@pytest.mark.parametrize("word", ["were", "well", "ill", "its", "shed", "wed", "hell", "id"])
def test_a_word_that_is_also_a_contraction_without_its_apostrophe_remains(word: str) -> None:
    assert spelled_out(word) == (word,)


def test_negations_keep_their_not() -> None:
    negated = {word for word in WITHOUT_APOSTROPHE if word.endswith("nt")}
    assert len(negated) > 12
    assert all(spelled_out(word)[-1] == "not" for word in negated)


def test_no_eponym_is_a_plural_of_an_english_word() -> None:
    assert not {"downs", "bells", "graves"} & EPONYMS.keys()
