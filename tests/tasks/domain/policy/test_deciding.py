"""Bounds of what decides and of what a report shows."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.domain.policy import DecisionPolicy, GatePolicy, Policy


@pytest.mark.parametrize("limit", [-1, 1001, 0.5])
def test_the_limit_of_embedded_audio_is_a_whole_number_of_megabytes_in_bounds(limit: float) -> None:
    assert Policy().report.embed_audio_mb == 20
    with pytest.raises(ValidationError, match="embed_audio_mb"):
        Policy.model_validate({"report": {"embed_audio_mb": limit}})


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_gate_opens_at_a_share_of_rows(share: float) -> None:
    with pytest.raises(ValidationError, match="ker_above"):
        GatePolicy(ker_above=share)


def test_a_rise_that_no_harm_could_exceed_is_refused() -> None:
    with pytest.raises(ValidationError, match="clinical_rise"):
        DecisionPolicy(clinical_rise=1)
