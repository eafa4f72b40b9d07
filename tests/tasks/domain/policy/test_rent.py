"""Bounds of what is rented, which changes no result."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.domain.policy import Policy, RentPolicy


@pytest.mark.parametrize(
    "given",
    [
        {"instance": "--all"},
        {"instance": "a b"},
        {"instance": "a;b"},
        {"max_cost": 0},
        {"max_hours": 0.1},
        {"max_hours": float("inf")},
        {"provider": "a friend"},
        {"after": "leave"},
    ],
)
def test_what_no_provider_could_be_asked_for_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        RentPolicy.model_validate(given)


def test_a_cycle_is_the_same_cycle_wherever_it_is_run() -> None:
    assert Policy(rent=RentPolicy(max_cost=3)).sha256 == Policy().sha256
