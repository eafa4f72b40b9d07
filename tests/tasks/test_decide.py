"""Stage decide: what stands after a verdict, and after one that was interrupted."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tasks.decide
from flows.cycle import flywheel_cycle
from tasks.decide import decide_cycle
from tasks.workspace.inputs import open_cycle
from tasks.workspace.ledger import read_champion, read_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]


def test_a_verdict_that_was_cut_off_before_its_record_is_given_again_and_entered_once(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel()
    flywheel_cycle(root, stop_after="score")
    plan = root / "cycle2/growth_plan.csv"
    plan.write_text("of an earlier decision")

    def fail(*_: Any) -> None:
        raise RuntimeError("the power failed")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.decide, "write_record", fail)
        with pytest.raises(RuntimeError, match="the power failed"):
            decide_cycle(open_cycle(root, 1))
    assert not (root / "cycle2/decision.json").exists()

    assert decide_cycle(open_cycle(root, 1)).verdict == "keep"
    assert [line.outcome for line in read_ledger(root)] == ["keep"]
    champion = read_champion(root)
    assert champion is not None
    assert champion.cycle == 1
    assert not plan.exists()  # a candidate that is kept asks for no rows


def test_a_candidate_that_changes_nothing_asks_for_rows_of_the_terms_still_missed(
    flywheel: Flywheel,
) -> None:
    root = flywheel(after=0.8)
    flywheel_cycle(root, stop_after="score")
    summary = decide_cycle(open_cycle(root, 1))
    assert (summary.verdict, summary.relative_drop) == ("grow", 0.0)
    assert read_champion(root) is None
    with (root / "cycle2/growth_plan.csv").open(newline="") as file:
        plan = list(csv.DictReader(file))
    assert all(row["entity_category"] == "drug" and int(row["rows_to_add"]) > 0 for row in plan)
    missed = [int(row["missed"]) for row in plan]
    assert missed == sorted(missed, reverse=True)
    assert missed[0] > 0
