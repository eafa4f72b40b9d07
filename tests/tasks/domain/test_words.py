"""Words that a person gives are some, and have an end."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tasks.domain.words import Words

READ = TypeAdapter[str](Words).validate_python


def test_space_around_words_is_cut() -> None:
    assert READ(" checked by two of us \n") == "checked by two of us"


@pytest.mark.parametrize("given", ["", " \n", "x" * 1001])
def test_no_words_and_a_thousand_characters_too_many_are_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        READ(given)


@pytest.mark.parametrize("control", ["\0", "\a", "\x1b", "\x1f", "\x7f", "\x85", "\x9f"])
def test_control_characters_are_refused_and_line_breaks_are_white_space(control: str) -> None:
    with pytest.raises(ValidationError, match="expected plain text"):
        READ(f"A{control}na")
    assert READ("Ana\r\n\tB.") == "Ana\r\n\tB."


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValidationError):
        READ(f"A{chr(0xD800)}na")
