"""Words that a person gives are some, and have an end."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from tasks.domain.words import Words

READ = TypeAdapter[str](Words).validate_python


def test_space_around_words_is_cut() -> None:
    assert READ(" heard by two of us \n") == "heard by two of us"


@pytest.mark.parametrize("given", ["", " \n", "x" * 1001])
def test_no_words_and_a_thousand_characters_too_many_are_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        READ(given)
