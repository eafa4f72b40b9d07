"""Bounds of the split and of the recipe."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tasks.domain.policy import Recipe, SplitPolicy


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_scikit_learn_cannot_take_is_refused(seed: int) -> None:
    with pytest.raises(ValidationError, match="seed"):
        SplitPolicy(seed=seed)


@pytest.mark.parametrize("share", [0, 1])
def test_a_split_leaves_rows_on_both_sides(share: float) -> None:
    with pytest.raises(ValidationError, match="test_share"):
        SplitPolicy(test_share=share)


def test_a_fine_tune_is_not_all_base() -> None:
    with pytest.raises(ValidationError, match="base_share"):
        Recipe(base_share=1)
