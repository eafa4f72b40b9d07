"""How the base decodes by policy."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.domain.policy import DecodingPolicy


def test_a_greedy_base_has_no_beam_whatever_its_size_is_set_to() -> None:
    assert DecodingPolicy(beam_size=8).of_base.beam_size is None
    assert DecodingPolicy(strategy="beam", beam_size=8).of_base.beam_size == 8


@pytest.mark.parametrize("alphas", [(), (0.0,), (1.0,) * 9])
def test_one_to_eight_positive_boosts_are_tried(alphas: tuple[float, ...]) -> None:
    with pytest.raises(ValidationError, match="tried_alphas"):
        DecodingPolicy(tried_alphas=alphas)
