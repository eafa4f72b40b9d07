"""The benchmark of comparisons runs on rows that it makes."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.mark.slow
def test_time_errors_and_intervals_are_printed(run_small: Callable[[str], list[list[str]]]) -> None:
    (rows, _), (equal, _), _, *lines = run_small("compare")
    assert rows.startswith("200 rows, 5 systems")
    assert equal.startswith("equal systems, ")
    assert [line[0].split(",")[0] for line in lines[:4]] == ["2", "2", "5", "5"]
    assert len(lines) == 6
