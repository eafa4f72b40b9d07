"""Words that a model left out, added or changed are marked apart."""

from __future__ import annotations

import pytest

from tasks.report.words import compare_words, mark_term


@pytest.mark.parametrize(
    ("spoken", "transcript", "marked"),
    [
        ("give no aspirin", "give aspirin", ["same give", "left out no", "same aspirin"]),
        ("give aspirin", "give no aspirin", ["same give", "added no", "same aspirin"]),
        ("give aspirin", "give as pirin", ["same give", "changed as pirin"]),
        ("give aspirin", "", ["left out give aspirin"]),
        ("give aspirin", "give aspirin", ["same give aspirin"]),
    ],
)
def test_each_kind_of_error_is_marked(spoken: str, transcript: str, marked: list[str]) -> None:
    assert [f"{words.kind} {words.text}" for words in compare_words(spoken, transcript)] == marked


def test_case_and_punctuation_are_shown_and_are_no_error() -> None:
    (words,) = compare_words("give Aspirin, now", "Give aspirin now.")
    assert (words.kind, words.text) == ("same", "Give aspirin now.")


def test_a_term_of_several_words_is_marked_whole() -> None:
    spans = mark_term("the Mitral valve, again", "mitral valve")
    assert [(words.kind, words.text) for words in spans] == [
        ("same", "the"), ("term", "Mitral valve,"), ("same", "again"),
    ]  # fmt: skip


def test_a_term_that_the_text_spells_otherwise_is_left_unmarked() -> None:
    assert [words.kind for words in mark_term("the valve", "mitral")] == ["same"]
