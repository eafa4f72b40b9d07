"""What a person may ask of a build."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.domain.policy import BuildPolicy, Policy


def test_espeak_is_the_only_engine_unless_others_are_named() -> None:
    assert [one.label for one in BuildPolicy().engines] == ["espeak"]


def test_terms_outside_the_priority_categories_may_have_fewer_rows() -> None:
    policy = BuildPolicy(rows_per_term=8, rows_per_other_term=4)
    assert (policy.rows_of(True), policy.rows_of(False)) == (8, 4)
    assert BuildPolicy(rows_per_term=5).rows_of(False) == 5


def test_how_a_benchmark_was_built_is_no_part_of_what_a_cycle_decides() -> None:
    assert Policy.model_validate({"build": {"seed": 1}}).sha256 == Policy().sha256


def test_off_is_the_word_that_yaml_reads_as_false() -> None:
    assert BuildPolicy.model_validate({"audition": False}).audition == "off"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"noise_levels": ["loud"]}, "noise_levels: expected clean or snr_<number>db; got 'loud'"),
        ({"noise_levels": ["clean", "clean"]}, "noise_levels: expected each once; got 'clean'"),
        ({"contexts": ["order", "order"]}, "contexts: expected each once; got 'order' again"),
        ({"engines": [{}, {}]}, "engines: expected each once; got 'espeak' again"),
    ],
)
def test_what_cannot_be_taken_in_turn_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        BuildPolicy.model_validate(fields)
