"""Caps on what a cycle's jobs may cost."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.domain.policy import CostPolicy, Policy


def test_a_cost_is_capped_only_where_a_price_is_known() -> None:
    assert CostPolicy(max_cost=5, price_per_hour=1.5).max_cost == 5
    with pytest.raises(ValidationError, match="max_cost needs price_per_hour"):
        CostPolicy(max_cost=5)


def test_a_cap_changes_no_result_and_so_no_identity() -> None:
    assert Policy(cost=CostPolicy(max_hours=2)).sha256 == Policy().sha256
