"""The transcription benchmark runs on a CPU, at a small size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

WAYS = {"transcribe()", "product, first", "product, again"}


@pytest.mark.real
def test_every_way_and_every_part_has_a_speed(
    run_small_with_nemo: Callable[[str], list[list[str]]],
) -> None:
    lines = [
        row
        for row in run_small_with_nemo("transcription")
        if row[0] not in ("decoding", "part", "---")
    ]
    speeds = [row for row in lines if len(row) == 6]
    assert {(row[0], row[1]) for row in speeds} == {
        (decoding, way)
        for decoding in ("greedy", "beam", "greedy boosted 0.5", "beam boosted 0.5")
        for way in WAYS
    }
    parts = dict(row for row in lines if len(row) == 2)
    assert {"reading", "features and encoder", "decoder and words, greedy"} <= parts.keys()
    rates = [row[4] for row in speeds] + list(parts.values())
    assert all(int(rate.replace(",", "")) > 0 for rate in rates)
