"""A person approves or declines a kept candidate; nothing else changes the champion."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.approve import ApproveFlags, approve_candidate, run
from flows.cycle import flywheel_cycle
from flows.ledger import LedgerFlags
from flows.ledger import run as show
from tasks.domain.errors import InvalidInput
from tasks.orchestration.command import run_command
from tasks.workspace.files import read_json
from tasks.workspace.inputs import read_policy
from tasks.workspace.ledger import read_champion, read_ledger, roll_back

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
ASKED = "approval: required\n"
YES: dict[str, Any] = {
    "cycle": 1, "decision": "yes", "reviewer": "Dr. Okafor", "reason": "heard all twenty clips",
}  # fmt: skip


def decision_of(root: Path) -> dict[str, Any]:
    found = read_json(root / "cycle2/decision.json")
    assert found is not None
    return found


def test_a_kept_candidate_waits_and_changes_no_champion(flywheel: Flywheel) -> None:
    root = flywheel(policy=ASKED)
    state = turn(root)
    assert (state.name, state.is_completed()) == ("AwaitingApproval", True)
    decision = decision_of(root)
    assert (decision["verdict"], decision["approval"]) == ("keep", "waiting")
    assert decision["next"].startswith("A person has to approve this candidate")
    assert read_champion(root) is None
    assert turn(root).name == "AwaitingApproval", "and goes on waiting"
    assert len(read_ledger(root)) == 1


def test_an_approved_candidate_is_the_champion_and_who_when_and_why_stand_everywhere(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy=ASKED)
    turn(root)
    state = approve_candidate(root, **YES, return_state=True)
    assert state.name == "Kept"
    champion = read_champion(root)
    assert champion is not None
    said = "heard all twenty clips"
    assert "Approved by Dr. Okafor on 20" in str(champion.approval)
    decision = decision_of(root)
    assert decision["approval"] == "yes"
    assert decision["reasons"][-1] == champion.approval
    assert said in (root / "cycle2/report.html").read_text()
    assert [line.outcome for line in read_ledger(root)] == ["keep", "approved"]
    assert "Dr. Okafor" in show(LedgerFlags(workspace=root))
    assert turn(root).name == "Kept"
    assert len(read_ledger(root)) == 2, "nothing is recorded twice"


def test_a_declined_candidate_leaves_the_comparison_model(flywheel: Flywheel) -> None:
    root = flywheel(policy=ASKED)
    turn(root)
    state = approve_candidate(root, **YES | {"decision": "no"}, return_state=True)
    assert state.name == "Declined"
    assert read_champion(root) is None
    assert decision_of(root)["next"] == "The candidate was declined; the comparison model stays."
    assert [line.outcome for line in read_ledger(root)] == ["keep", "declined"]
    with pytest.raises(InvalidInput, match=r"expected a cycle that was kept, of \[\], or 0"):
        roll_back(root, 1)


def test_an_approved_candidate_can_be_rolled_back_to(flywheel: Flywheel) -> None:
    root = flywheel(policy=ASKED)
    turn(root)
    approve_candidate(root, **YES)
    roll_back(root, 0)
    roll_back(root, 1)
    champion = read_champion(root)
    assert champion is not None
    assert champion.cycle == 1


@pytest.mark.parametrize(
    ("policy", "before", "sentence"),
    [
        (ASKED, False, "cycle 1 is not decided for its present inputs"),
        ("", True, "the policy asks nobody: set approval: required"),
        (f"{ASKED}decide: {{open_guard: grow}}\n", True, "cycle 1 was decided: grow"),
    ],
)
def test_where_nothing_waits_an_answer_is_invalid_input_and_nothing_is_written(
    flywheel: Flywheel, policy: str, before: bool, sentence: str
) -> None:
    root = flywheel(policy=policy)
    if before:
        turn(root)
    with pytest.raises(InvalidInput, match=sentence):
        run(ApproveFlags(workspace=root, **YES))
    assert not (root / "cycle2/approval.json").exists()


def test_an_answer_is_given_once(flywheel: Flywheel) -> None:
    root = flywheel(policy=ASKED)
    turn(root)
    assert "Approved by Dr. Okafor" in run(ApproveFlags(workspace=root, **YES))
    with pytest.raises(InvalidInput, match="cycle 1 was answered: yes"):
        run(ApproveFlags(workspace=root, **YES | {"decision": "no"}))


def test_a_candidate_that_is_trained_again_waits_again(flywheel: Flywheel) -> None:
    root = flywheel(policy=ASKED)
    turn(root)
    approve_candidate(root, **YES)
    (root / "flywheel.yaml").write_text((root / "flywheel.yaml").read_text() + "sft: {epochs: 2}\n")
    assert turn(root).name == "AwaitingApproval"


def test_a_cycle_decided_under_settings_of_one_run_is_answered_under_the_same(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(policy=ASKED)
    path = tmp_path / "once.yaml"
    path.write_text("sft: {epochs: 2}\n")
    assert turn(root, policy=read_policy(path)).name == "AwaitingApproval"
    with pytest.raises(InvalidInput, match="run with --policy FILE, give the same here"):
        run(ApproveFlags(workspace=root, **YES))
    assert "Approved by Dr. Okafor" in run(ApproveFlags(workspace=root, policy=path, **YES))
    champion = read_champion(root)
    assert champion is not None
    assert str(champion.approval).startswith("Approved by Dr. Okafor")


def test_a_reviewer_without_a_name_is_asked_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--workspace", "w", "--cycle", "1", "--decision", "yes", "--reviewer", " "]
    monkeypatch.setattr(sys, "argv", ["approve", *given, "--reason", "heard them"])
    assert run_command(ApproveFlags, run) == 2
    assert "  --reviewer: expected some words; got ' '\n" in capsys.readouterr().err
