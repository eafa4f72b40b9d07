"""Stage score: the candidate's row results, with the comparison model beside them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from tasks.score import score_candidate
from tasks.workspace.inputs import open_cycle

pytestmark = pytest.mark.usefixtures("prefect_server")


def test_every_row_has_its_side_and_what_both_models_made_of_it(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    flywheel_cycle(root, stop_after="transcribe")
    assert not (root / "cycle2/results.csv").exists()
    summary = score_candidate(open_cycle(root, 1))
    with (root / "cycle2/results.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert summary.rows == len(rows) == 100
    assert summary.ker == sum(int(row["ker"]) for row in rows) / 100 == 0.2
    assert sum(int(row["base_ker"]) for row in rows) == 80
    assert {row["split"] for row in rows} == {"train", "validation"}
    assert all((row["base_hyp"] == "something else") == (row["base_ker"] == "1") for row in rows)
    board = (root / "cycle2/leaderboard_cycle2.md").read_text()
    assert board.startswith("# Cycle 2, the fine-tune of cycle 1 on all its rows, trained ones in")
