"""The training benchmark runs on a CPU, at a small size."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.real
def test_a_step_has_a_time_and_a_speed(
    run_small_with_nemo: Callable[[str], list[list[str]]],
) -> None:
    precision, seconds, batch, milliseconds, *_ = run_small_with_nemo("training")[-1]
    assert (precision, seconds, batch) == ("32", "1", "2")
    assert int(milliseconds) > 0
