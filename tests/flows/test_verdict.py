"""What makes a verdict trustworthy, through the flow: folds, power, growth plan, rollback."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from flows.baseline import score_baseline
from flows.cycle import flywheel_cycle
from flows.ledger import show_ledger
from flows.rollback import rollback_champion
from tasks.workspace.files import read_json
from tasks.workspace.ledger import read_ledger

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)


def names(manifest: Path) -> set[str]:
    lines = manifest.read_text().splitlines()
    return {Path(json.loads(line)["audio_filepath"]).name for line in lines}


def test_every_row_is_judged_once_by_a_model_that_did_not_train_on_it(flywheel: Flywheel) -> None:
    root = flywheel(policy="folds: 3\n")
    assert turn(root).name == "Kept"
    decision = read_json(root / "cycle2/decision.json")
    assert decision["scopes"]["folds"]["rows"] == 100
    assert decision["priority"]["rows"] == 60
    folds = sorted(root.glob("cycle1/models/*/fold*-of-3"))
    judged = [names(fold / "validation.jsonl") for fold in folds]
    assert len(folds) == 3
    assert len(set.union(*judged)) == sum(map(len, judged)) == 100
    for fold, held_out in zip(folds, judged, strict=True):
        assert not names(fold / "train.jsonl") & held_out
        (heard,) = fold.glob("decoded/*.jsonl")
        assert names(heard) == held_out
    assert decision["candidate"]["path"] == str(folds[0].parent / "adapted_model.nemo")


def test_folds_that_are_done_are_not_trained_again(flywheel: Flywheel) -> None:
    root = flywheel(policy="folds: 2\n")
    turn(root, stop_after="sft")
    first, second = sorted(root.glob("cycle1/models/*/fold*/training_run_info.json"))
    written = first.stat().st_mtime_ns
    second.unlink()  # as a kill in the second fold leaves it
    assert turn(root).name == "Kept"
    assert second.exists()
    assert first.stat().st_mtime_ns == written


def test_a_benchmark_that_cannot_show_the_drop_is_said_before_the_gpu_and_stops_by_policy(
    flywheel: Flywheel,
) -> None:
    root = flywheel()
    turn(root, stop_after="gate")
    gate = read_json(root / "cycle1/gate.json")
    assert gate["passed"]
    assert gate["power"]["held_out_rows"] == 12
    assert gate["power"]["rows_needed"] > 60
    assert gate["reasons"][-1].startswith("Power: 12 held-out rows, from 32 terms at KER 0.800")
    with get_client(sync_client=True) as api:
        texts = [str(one.data) for one in api.read_artifacts() if one.key == "gate-cycle-1"]
    assert any("Power: 12 held-out rows" in text for text in texts)
    (root / "flywheel.yaml").write_text("base: base.nemo\ngate: {power: stop}\n")
    assert turn(root).name == "Gated"
    assert read_json(root / "cycle1/gate.json")["route"] == "build"


def test_a_verdict_that_asks_for_rows_leaves_a_plan_a_builder_can_read(flywheel: Flywheel) -> None:
    root = flywheel(after=0.7)
    assert turn(root).name == "Grow"
    with (root / "cycle2/growth_plan.csv").open(newline="") as file:
        plan = list(csv.DictReader(file))
    assert {"term", "entity_category", "rows_to_add", "context_types", "noise_levels"} <= set(
        plan[0]
    )
    assert all(line["entity_category"] == "drug" and int(line["rows_to_add"]) > 0 for line in plan)
    assert int(plan[0]["missed"]) > 0


def test_a_sentence_never_stands_on_both_sides_where_the_policy_says_so(flywheel: Flywheel) -> None:
    root = flywheel(policy="split: {group_by: term}\n")
    turn(root)
    split = read_json(next(root.glob("cycle1/models/*/split.json")))
    rows = [json.loads(line) for line in (root / "cycle1/manifest.jsonl").read_text().splitlines()]
    term = {row["audio_filepath"]: row["term"] for row in rows}
    assert not {term[p] for p in split["train"]} & {term[p] for p in split["validation"]}
    assert read_json(root / "cycle2/decision.json")["audits"]["twins"]["sentence"] == 0


def test_a_champion_is_rolled_back_and_the_ledger_shows_it(flywheel: Flywheel) -> None:
    root = flywheel()
    turn(root)
    assert rollback_champion(root, 0, return_state=True).name == "RolledBack"
    assert [line.outcome for line in read_ledger(root)] == ["keep", "rollback"]
    assert "No champion." in show_ledger(root)
    assert turn(root).name == "Kept"  # decided as it was, and no champion comes of it
    assert not (root / "champion.json").exists()


def test_a_server_with_other_numbers_opens_the_gate_and_never_decides(
    flywheel: Flywheel, riva: tuple[Any, str], tmp_path: Path
) -> None:
    """The server hears nothing; the comparison model misses three rows in ten, as the candidate."""
    root = flywheel(before=0.3, after=0.3)
    score_baseline(root / "cycle1/manifest.jsonl", tmp_path / "scored", endpoint=riva[1])
    shutil.copy(tmp_path / "scored/per_sample.json", root / "cycle1/per_sample.json")
    assert turn(root).name == "Grow"
    assert read_json(root / "cycle1/gate.json")["priority_ker"] == 1.0
    decision = read_json(root / "cycle2/decision.json")
    assert decision["scopes"]["all"]["base"]["ker"] == pytest.approx(0.3)
    assert decision["priority"]["relative_drop"] == 0.0
