"""A field of a row refuses what it cannot hold, in a sentence."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from tasks.domain.row_fields import (
    OWN_KINDS,
    has_words,
    known_noise,
    known_source,
    transcript,
    whole_file,
)


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (has_words, "..."),
        (known_source, "guess"),
        (known_noise, "loud"),
        (whole_file, 0.1),
        (transcript, None),
    ],
)
def test_a_refusal_has_a_sentence_of_its_own(check: object, value: object) -> None:
    assert callable(check)
    with pytest.raises(PydanticCustomError, match=r"^expected ") as raised:
        check(value)
    assert raised.value.type in OWN_KINDS


def test_an_empty_transcript_is_one() -> None:
    assert transcript("") == ""
