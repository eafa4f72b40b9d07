"""The time to a decision is measured on a CPU too, with a small model."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest


def test_a_stage_within_another_counts_once(script: Callable[[str], ModuleType]) -> None:
    times = iter([0.0, 1.0, 11.0, 13.0])
    clock = script("decision").Clock(now=lambda: next(times))
    with clock.stage("validation"), clock.stage("checkpoints"):
        pass
    assert clock.seconds == {"checkpoints": 10.0, "validation": 3.0}


@pytest.mark.real
def test_both_sides_run_to_their_words(run_small: Callable[[str], list[list[str]]]) -> None:
    table = {row[0]: row[1:] for row in run_small("decision")}
    assert float(table["sleep"][0]) == 60.0
    assert float(table["checkpoints"][0]) > float(table["checkpoints"][1]) == 0.0
    assert all(float(seconds) > 0 for seconds in table["decode"])
