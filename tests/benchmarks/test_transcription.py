"""The transcription benchmark runs on a CPU, at a small size."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.real
def test_every_way_and_every_part_has_a_speed(run_small: Callable[[str], list[list[str]]]) -> None:
    table = run_small("transcription")
    speeds = {row[0]: row[-1].replace(",", "") for row in table if row[0][0] not in "-WC"}
    assert {"ours", "read in turn", "decoder alone"} <= speeds.keys()
    assert all(speed.isdigit() for name, speed in speeds.items() if not name.isdigit())
