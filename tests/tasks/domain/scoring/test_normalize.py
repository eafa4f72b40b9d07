"""The normalizer, step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.scoring.normalize import NOT_WORD, normalize, strip_punctuation


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cefazolin, 2 g.", "cefazolin 2 g"),
        ("beta-blocker", "beta-blocker"),
        ("beta\N{NON-BREAKING HYPHEN}blocker", "beta-blocker"),
        ("  two \t words\n", "two words"),
        ("Caf\N{LATIN SMALL LETTER E WITH ACUTE}", "cafe"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", "cafe"),
        ("\N{LATIN SMALL LIGATURE FI}brillation", "fibrillation"),
        ("H\N{SUBSCRIPT TWO}O", "h2o"),
        ("don't (stop)!", "dont stop"),
        ("snake_case", "snakecase"),
        ("long \N{EM DASH} pause", "long pause"),
        ("", ""),
        ("?!", ""),
    ],
)
def test_a_text_is_normalized_as_the_definition_says(text: str, expected: str) -> None:
    assert normalize(text) == expected


@given(st.text())
def test_white_space_is_single_and_never_at_the_ends(text: str) -> None:
    assert normalize(text) == " ".join(normalize(text).split())


@given(st.text(st.characters(max_codepoint=0x17F)))
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_loses_what_any_other_text_loses(text: str) -> None:
    assert strip_punctuation(text) == NOT_WORD.sub("", text)
