"""A person approves or declines a kept candidate; nothing else changes the champion."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.approve import approve_candidate
from flows.commands.approve import ApproveFlags, run
from flows.commands.ledger import LedgerFlags
from flows.commands.ledger import run as show
from flows.cycle import flywheel_cycle
from flows.hand_off import hand_off_model
from tasks.domain.errors import InvalidInput
from tasks.orchestration.command import run_command
from tasks.orchestration.summaries import terminal_summary
from tasks.records.files import read_json
from tasks.rollback import roll_back
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.open import open_cycle, read_policy
from tasks.workspace.verified import ledger_faults
from tests.conftest import on_fakes, write_flywheel
from tests.tones import make_distinct

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
ASKED = "approval: required\n"
YES: dict[str, Any] = {
    "cycle": 1, "decision": "yes", "reviewer": "Dr. Okafor", "reason": "checked all twenty clips",
}  # fmt: skip


@pytest.fixture(scope="module")
def decided(
    prefect_server: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Path]]:
    """Return the workspace of a decided cycle; each kind is decided once, and is copied to one path."""
    folder = tmp_path_factory.mktemp("decided")
    root, made = folder / "w", dict[tuple[str, float], Path]()

    def make(policy: str, after: float = 0.2) -> Path:
        shutil.rmtree(root, ignore_errors=True)
        if (policy, after) in made:
            return Path(shutil.copytree(made[policy, after], root))
        patch.setenv("FAKE_MISSES", str(after))
        turn(write_flywheel(root, policy=policy))
        made[policy, after] = Path(shutil.copytree(root, folder / str(len(made))))
        return root

    with pytest.MonkeyPatch.context() as patch:
        on_fakes(patch)
        yield make


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
    decided: Flywheel,
) -> None:
    root = decided(ASKED)
    state = approve_candidate(root, **YES, return_state=True)
    assert state.name == "Kept"
    champion = read_champion(root)
    assert champion is not None
    statement = "checked all twenty clips"
    assert "Approved by Dr. Okafor on 20" in str(champion.approval)
    decision = decision_of(root)
    assert decision["approval"] == "yes"
    assert decision["reasons"][-1] == champion.approval
    assert statement in (root / "cycle2/report.html").read_text()
    assert [line.outcome for line in read_ledger(root)] == ["keep", "approved"]
    assert "Dr. Okafor" in show(LedgerFlags(workspace=root)).text
    assert turn(root).name == "Kept"
    assert len(read_ledger(root)) == 2, "nothing is recorded twice"
    assert ledger_faults(root) == []


def test_a_declined_candidate_leaves_the_comparison_model(decided: Flywheel) -> None:
    root = decided(ASKED)
    state = approve_candidate(root, **YES | {"decision": "no"}, return_state=True)
    assert state.name == "Declined"
    assert read_champion(root) is None
    assert decision_of(root)["next"] == "The candidate was declined; the comparison model stays."
    assert [line.outcome for line in read_ledger(root)] == ["keep", "declined"]
    assert ledger_faults(root) == []
    with pytest.raises(InvalidInput, match="expected 0, since no cycle was kept yet; got 1"):
        roll_back(root, 1)


def test_an_approved_candidate_can_be_rolled_back_to(decided: Flywheel) -> None:
    root = decided(ASKED)
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
    flywheel: Flywheel, decided: Flywheel, policy: str, before: bool, sentence: str
) -> None:
    root = decided(policy) if before else flywheel(policy=policy)
    with pytest.raises(InvalidInput, match=sentence):
        run(ApproveFlags(workspace=root, **YES))
    assert not (root / "cycle2/approval.json").exists()


def test_an_answer_is_given_once(decided: Flywheel) -> None:
    root = decided(ASKED)
    assert "Approved by Dr. Okafor" in run(ApproveFlags(workspace=root, **YES)).text
    with pytest.raises(InvalidInput, match="cycle 1 was answered: yes"):
        run(ApproveFlags(workspace=root, **YES | {"decision": "no"}))


@pytest.mark.parametrize("override", [False, True])
def test_the_same_answer_again_changes_nothing_until_the_champion_is_another(
    decided: Flywheel, override: bool
) -> None:
    root = decided(OPEN if override else ASKED)
    flags = ApproveFlags(workspace=root, **YES, override=override)
    first = run(flags)
    files = [root / "cycle2/decision.json", root / "ledger.jsonl", root / "champion.json"]
    before = [path.read_bytes() for path in files]
    assert run(flags).text == first.text
    assert [path.read_bytes() for path in files] == before
    roll_back(root, 0)
    with pytest.raises(InvalidInput, match=r"was answered: yes|was overridden already"):
        run(flags)


def test_an_override_that_was_killed_before_its_verdict_is_completed_by_the_same_command(
    flywheel: Flywheel, tone: Callable[..., None]
) -> None:
    """Its answer is recorded; with acceptance.jsonl the verdict is written before it is recorded again."""
    root = flywheel(policy=OPEN)
    with_recorded(root, tone, rows=40)
    turn(root)
    files = [root / "cycle2/decision.json", root / "ledger.jsonl"]
    before = [path.read_bytes() for path in files]
    flags = ApproveFlags(workspace=root, **YES, override=True)
    undisturbed = run(flags).text
    outcomes = [line.outcome for line in read_ledger(root)]
    for path, content in zip(files, before, strict=True):
        path.write_bytes(content)
    (root / "champion.json").unlink()
    answer = (root / "cycle2/approval.json").read_bytes()
    assert run(flags).text == undisturbed
    assert (root / "cycle2/approval.json").read_bytes() == answer
    assert [line.outcome for line in read_ledger(root)] == outcomes
    assert ledger_faults(root) == []


def test_a_candidate_that_is_trained_again_and_is_better_waits_again(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(after=0.4, policy=f"{ASKED}gate: {{ker_above: 0.1}}\n")
    make_distinct(root / "cycle1/audio")
    turn(root)
    approve_candidate(root, **YES)
    monkeypatch.setenv("FAKE_MISSES", "0.01")
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
    assert "Approved by Dr. Okafor" in run(ApproveFlags(workspace=root, policy=path, **YES)).text
    champion = read_champion(root)
    assert champion is not None
    assert str(champion.approval).startswith("Approved by Dr. Okafor")


def test_a_reviewer_without_a_name_is_asked_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--workspace", "w", "--cycle", "1", "--decision", "yes", "--reviewer", " "]
    monkeypatch.setattr(sys, "argv", ["approve", *given, "--reason", "checked them"])
    assert run_command(ApproveFlags, run) == 2
    assert "  --reviewer: expected some words; got ' '\n" in capsys.readouterr().err


OPEN = "decide: {open_guard: grow}\n"


@pytest.mark.parametrize("policy", [OPEN, ASKED + OPEN])
def test_an_override_makes_the_champion_and_is_stamped_on_every_output(
    decided: Flywheel, tmp_path: Path, policy: str
) -> None:
    root = decided(policy)
    assert approve_candidate(root, **YES, override=True, return_state=True).name == "Overridden"
    decision, champion = decision_of(root), read_champion(root)
    assert champion is not None
    assert (decision["verdict"], decision["approval"], champion.override) == ("grow", "yes", True)
    statement = decision["override"]
    assert statement.startswith("Approved by override by Dr. Okafor on 20")
    assert "while guard general_wer is open" in statement
    assert statement == champion.approval == decision["reasons"][-1]
    assert decision["reasons"][0].startswith("Use the new model: a person decided so against the ")
    verdict, answer = read_ledger(root)
    assert (verdict.outcome, answer.outcome) == ("grow", "approved")
    assert answer.model_dump()["override"] is True
    shown = show(LedgerFlags(workspace=root)).text
    assert "approved by override" in shown
    report = (root / "cycle2/report.html").read_text()
    assert "cycle 1: grow the benchmark first, champion by override</title>" in report
    assert statement in report
    assert decision["summary"].startswith(
        "# Cycle 1: grow the benchmark first, champion by override\n"
    )
    assert f"Model to use: {champion.path}" in terminal_summary(open_cycle(root, 1), 0, None)
    hand_off_model(root, 1, tmp_path / "out", None)
    assert f"**{statement}**" in (tmp_path / "out/MODEL_CARD.md").read_text()
    assert (read_json(tmp_path / "out/hand_off.json") or {})["override"] == statement


def test_an_overridden_verdict_is_kept_and_can_be_rolled_back_to_with_its_stamp(
    decided: Flywheel,
) -> None:
    root = decided(OPEN)
    approve_candidate(root, **YES, override=True)
    before = read_champion(root)
    (root / "cycle2/decision.json").unlink()
    assert turn(root).name == "Overridden", "decided again, and the answer still counts"
    assert [line.outcome for line in read_ledger(root)] == ["grow", "approved"]
    assert ledger_faults(root) == []
    roll_back(root, 0)
    roll_back(root, 1)
    assert ledger_faults(root) == []
    champion = read_champion(root)
    assert champion is not None
    assert before is not None
    assert (champion.override, champion.approval) == (True, before.approval)


@pytest.mark.parametrize(
    ("policy", "after", "changes", "sentence"),
    [
        (OPEN, 0.78, {}, "and less than 20% is not overridden"),
        (OPEN, 0.95, {}, "proven harm is not overridden: broken critical_tokens_clinical"),
        ("", 0.2, {}, "it was decided: keep, and there is nothing to override"),
        (OPEN, 0.2, {"reason": "looks good"}, "--reason: expected a reason of at least 3 words"),
        (OPEN, 0.2, {"decision": "no"}, "--decision: expected yes: there is nothing to decline"),
    ],
)
def test_what_cannot_be_overridden_is_refused_and_nothing_is_written(
    decided: Flywheel, policy: str, after: float, changes: dict[str, Any], sentence: str
) -> None:
    root = decided(policy, after)
    before = decision_of(root)
    with pytest.raises(InvalidInput, match=sentence):
        run(ApproveFlags(workspace=root, **YES | changes, override=True))
    assert not (root / "cycle2/approval.json").exists()
    assert decision_of(root) == before


def test_a_verdict_is_overridden_once_and_named_where_it_could_be(decided: Flywheel) -> None:
    root = decided(ASKED + OPEN)
    with pytest.raises(InvalidInput, match="decided: grow, and --override would still make it"):
        run(ApproveFlags(workspace=root, **YES))
    run(ApproveFlags(workspace=root, **YES, override=True))
    with pytest.raises(InvalidInput, match="of cycle 1, it was overridden already"):
        run(ApproveFlags(workspace=root, **YES | {"reviewer": "Dr. Lind"}, override=True))


def with_recorded(root: Path, tone: Callable[..., None], rows: int) -> None:
    """Rows that a person recorded, a term each, on which no model misses any."""
    lines = []
    for number in [number for number in range(200, 1000) if number * 37 % 100 >= 80][:rows]:
        tone(root / f"people/{number}.wav", seconds=0.5 + number / 1000)
        row = {
            "audio_filepath": f"people/{number}.wav", "text": f"please give t{number}",
            "term": f"t{number}", "entity_category": "drug", "ipa_source": "override",
            "voice_id": "reader", "noise_level": "clean", "context_type": "order",
            "source": "recorded",
        }  # fmt: skip
        lines.append(json.dumps(row) + "\n")
    (root / "acceptance.jsonl").write_text("".join(lines))


def test_acceptance_rows_are_decoded_before_an_override_which_they_may_refuse(
    flywheel: Flywheel, tone: Callable[..., None], tmp_path: Path
) -> None:
    """Twelve terms that neither model misses leave a rise of 0.26 possible; 0.1 is allowed."""
    root = flywheel(policy=OPEN)
    with_recorded(root, tone, rows=12)
    assert turn(root).name == "Grow"
    decodings = tmp_path / "decodings"
    before = len(decodings.read_text().splitlines())
    with pytest.raises(InvalidInput, match=r"beyond twice its margin .* acceptance may be"):
        run(ApproveFlags(workspace=root, **YES, override=True))
    assert len(decodings.read_text().splitlines()) == before + 2
    assert "acceptance" in {guard["name"] for guard in decision_of(root)["guards"]}
    assert read_champion(root) is None
    with_recorded(root, tone, rows=40)
    assert turn(root).name == "Grow"
    assert approve_candidate(root, **YES, override=True, return_state=True).name == "Overridden"
    assert decision_of(root)["evidence"].endswith("+ recorded people (1 speaker)")
    assert ledger_faults(root) == []
