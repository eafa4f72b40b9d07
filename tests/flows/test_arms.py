"""Systems through the flow: what is kept is a model and its decoding, and stays both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle
from tasks.orchestration.names import artifact_key
from tasks.records.files import read_json
from tasks.report.ledger_table import ledger_table
from tasks.rollback import roll_back
from tasks.workspace.ledger import read_ledger
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import ledger_faults

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
ARMS = "boost: report\narms: {boosted: true, describe: true}\n"
STOP = "boost: stop\ndecide: {open_guard: keep}\n"


def decision_of(root: Path, cycle: int = 1) -> dict[str, Any]:
    found = read_json(root / f"cycle{cycle + 1}/decision.json")
    assert found is not None
    return found


def test_one_system_is_judged_and_the_others_are_shown(flywheel: Flywheel) -> None:
    root = flywheel(after=0.4, policy=ARMS)
    assert turn(root).name == "Kept"
    decision = decision_of(root)
    assert decision["candidate"]["decoding"]["boost_alpha"] == 1.0
    assert decision["base"]["decoding"]["boost_alpha"] is None
    assert [one["name"] for one in decision["arms"] if one["chosen"]] == [
        "fine-tune, beam boosted 1"
    ]
    report = (root / "cycle2/report.html").read_text()
    assert "Systems, on validation rows" in report
    assert "fine-tune, greedy" in report
    assert "## Systems, on validation rows" in decision["summary"]


def test_the_others_are_decoded_on_test_rows_once_the_verdict_is_written(
    flywheel: Flywheel,
) -> None:
    root = flywheel(after=0.4, policy=ARMS)
    turn(root)
    decision = decision_of(root)
    assert {one["test_rows"] for one in decision["arms"]} == {40}
    stages = [json.loads(line)["stage"] for line in (root / "cycle1/stages.jsonl").open()]
    assert stages.index("describe-arms") > stages.index("decide")
    assert "Test KER, after the verdict" in decision["summary"]
    judged = next(one for one in decision["arms"] if one["chosen"])
    assert judged["test_priority_ker"] == decision["priority"]["ker_candidate"]
    assert len(read_ledger(root)) == 1


def test_a_description_that_was_killed_is_made_up_for(flywheel: Flywheel) -> None:
    root = flywheel(after=0.4, policy=ARMS)
    turn(root)
    whole = decision_of(root)
    path = root / "cycle2/decision.json"
    undescribed = whole | {
        "arms": [one | {"test_rows": 0, "test_priority_ker": None} for one in whole["arms"]]
    }
    path.write_text(json.dumps(undescribed))
    turn(root)
    assert decision_of(root)["arms"] == whole["arms"]
    assert len(read_ledger(root)) == 1
    assert ledger_faults(root) == []


def test_a_boosting_that_is_good_enough_is_kept_without_training(flywheel: Flywheel) -> None:
    root = flywheel(policy=STOP)
    assert turn(root).name == "Kept"
    decision = decision_of(root)
    assert decision["candidate"]["sha256"] == decision["base"]["sha256"]
    assert decision["candidate"]["decoding"]["boost_alpha"] == 1.0
    assert decision["arms"][-1]["chosen"]
    assert not list(root.glob("cycle1/models/*/adapted_model.nemo"))
    champion = read_json(root / "champion.json")
    assert champion is not None
    assert champion["decoding"] == decision["candidate"]["decoding"]


def test_the_next_cycle_is_compared_with_the_boosted_champion_and_can_be_rolled_back(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy=STOP)
    turn(root)
    shutil.copytree(root / "cycle1/audio", root / "cycle2/audio")
    shutil.copy(root / "cycle1/manifest.jsonl", root / "cycle2/manifest.jsonl")
    (root / "flywheel.yaml").write_text("base: base.nemo\nboost: off\n")
    second = open_cycle(root, 2)
    assert second.comparison.decoding.name == "beam boosted 1"
    assert second.comparison.path == root / "base.nemo"
    turn(root, 2)
    decision = decision_of(root, 2)
    assert decision["base"]["decoding"]["boost_alpha"] == 1.0
    assert decision["candidate"]["decoding"] == decision["base"]["decoding"]
    assert ledger_table(root).endswith(", beam boosted 1.\n")
    assert decision_of(root)["hand_off"]["decoding"] == "beam boosted 1"
    leaderboard = (root / "cycle2/leaderboard_cycle2.md").read_text()
    assert "the comparison model of cycle 1 on all its rows, beam boosted 1" in leaderboard
    assert ledger_faults(root) == []
    roll_back(root, 1)
    assert open_cycle(root, 3).comparison.decoding.name == "beam boosted 1"


@pytest.mark.parametrize("name", ["cycle1/boost.json", "cycle1/models/*/arms.json"])
def test_a_damaged_record_of_arms_is_made_again_and_blocks_no_decided_cycle(
    flywheel: Flywheel, name: str
) -> None:
    root = flywheel(after=0.4, policy="boost: report\narms: {boosted: true}\n")
    turn(root)
    whole = decision_of(root)
    (path,) = root.glob(name)
    path.write_text("{")
    assert turn(root).name == "Kept"
    (root / "cycle2/decision.json").unlink()
    assert turn(root).name == "Kept"
    again = decision_of(root)
    same = ("verdict", "priority", "arms", "candidate")
    assert {key: again[key] for key in same} == {key: whole[key] for key in same}


def test_phrases_of_a_champion_that_are_gone_are_a_fault(flywheel: Flywheel) -> None:
    from tasks.domain.errors import InvalidInput

    root = flywheel(policy=STOP)
    turn(root)
    next(root.glob("cycle1/vocabulary-*.txt")).unlink()
    with pytest.raises(InvalidInput, match=r"champion\.json: expected .*vocabulary-.*not there"):
        open_cycle(root, 2)


def test_what_boosting_gives_is_in_the_artifact_of_the_gate(
    flywheel: Flywheel, artifacts: Callable[[str], list[Any]]
) -> None:
    root = flywheel(policy="boost: report\n")
    turn(root, 1, None, "boost")
    key = artifact_key(root, root.name, "cycle-1-gate")
    shown = [str(one.data) for one in artifacts(key)]
    found = [text for text in shown if "Before any training: phrase boosting" in text]
    assert found
    assert all("base, beam boosted 1" in one for one in found)
    assert not list(root.glob("cycle1/models/*/adapted_model.nemo"))


def test_a_list_that_is_short_is_marked_in_the_decision(flywheel: Flywheel) -> None:
    root = flywheel(policy="boost: report\n")
    (root / "vocabulary.txt").write_text(
        "".join(f"term{n}\n" for n in range(40)) + "".join(f"word{n}\n" for n in range(970))
    )
    turn(root)
    assert "has 970 phrases that are no benchmark term" in decision_of(root)["summary"]
