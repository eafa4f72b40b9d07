"""The normalizer, step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.domain.scoring.normalize import NOT_WORD, normalize, strip_punctuation, term_missed


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
def test_a_text_is_normalized_by_the_definition(text: str, expected: str) -> None:
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


@pytest.mark.parametrize(
    ("term", "hypothesis", "missed"),
    [
        ("cefazolin", "give cefazolin now", False),
        ("cefazolin", "give cefa zolin now", True),
        ("cefazolin", "give cefazolins now", True),
        ("Cefazolin", "CEFAZOLIN.", False),
        ("mitral valve", "the mitral valve leaks", False),
        ("mitral valve", "the valve is mitral", True),
        ("mitral valve", "the mitral, valve", False),
        ("mitral valve", "mitral the valve", True),
        ("beta-blocker", "a beta blocker", True),
        ("beta-blocker", "a beta-blocker", False),
        ("caf\u00e9", "cafe\u0301", False),
        ("aspirin", "", True),
    ],
)
def test_a_term_is_recognized_only_whole_adjacent_and_in_order(
    term: str, hypothesis: str, missed: bool
) -> None:
    assert term_missed(term, hypothesis) is missed
