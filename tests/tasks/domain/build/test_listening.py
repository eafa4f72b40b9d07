"""A clip is judged by the words beside its term, never by the term."""

from __future__ import annotations

import pytest

from tasks.domain.build.listening import carrier_missed, listening_fault

TEXT = "please start timolol at noon today"


@pytest.mark.parametrize("heard", ["timolol", "tim a lol", "", "the mall all"])
def test_what_became_of_the_term_does_not_count(heard: str) -> None:
    assert carrier_missed(TEXT, "timolol", f"please start {heard} at noon today") == 0


def test_a_term_of_two_words_is_masked_whole_in_every_place() -> None:
    text = "Uric acid was high, so repeat uric acid."
    assert carrier_missed(text, "uric acid", "you rick was high so repeat your cat") == 0


@pytest.mark.parametrize(
    ("hypothesis", "missed"),
    [("", 1.0), ("please start timolol", 0.6), ("today noon", 0.8)],
)
def test_words_that_are_missing_or_out_of_place_count(hypothesis: str, missed: float) -> None:
    assert carrier_missed(TEXT, "timolol", hypothesis) == pytest.approx(missed)


def test_a_sentence_of_its_term_alone_is_never_refused() -> None:
    assert carrier_missed("timolol", "timolol", "") is None
    assert listening_fault("timolol", "timolol", "") is None


def test_more_than_half_of_the_words_not_heard_is_a_fault() -> None:
    assert listening_fault(TEXT, "timolol", "please start at noon") is None
    assert listening_fault(TEXT, "timolol", "please start timolol") == (
        "expected the words beside the term to be heard; 60% of them were not"
    )
