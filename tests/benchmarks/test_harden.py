"""Every rung of the ladder is spoken and scored, from the reference data as they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.benchmark.harden import LADDER


@pytest.mark.real
def test_every_rung_has_its_rates(run_small: Callable[[str], list[list[str]]]) -> None:
    head, _, *rungs = run_small("harden")
    assert head == ["Rung", "KER", "WER", "Rows"]
    assert [row[0].split()[0] for row in rungs] == [str(n + 1) for n in range(len(LADDER))]
    assert all(row[3] == "2" for row in rungs)
    assert float(rungs[0][2]) < 1.0, "clean speech is transcribed in part"
