"""Against what a candidate is judged, through the flow: champion, first base, boosting alone."""

from __future__ import annotations

import inspect
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flows.approve import approve_candidate
from flows.cycle import flywheel_cycle
from flows.hand_off import hand_off_model
from tasks.decide import decide_cycle
from tasks.domain.errors import InvalidInput
from tasks.domain.scoring.metrics import rate
from tasks.records.files import file_sha256, read_json
from tasks.records.ledger_line import DecisionLine
from tasks.report.ledger_table import ledger_table
from tasks.rollback import roll_back
from tasks.workspace.cycle import is_finished
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.open import open_cycle
from tasks.workspace.verified import ledger_faults
from tests.conftest import FIELDS, clinical_fields
from tests.tones import make_distinct, write_tone

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
turn = partial(flywheel_cycle, return_state=True)
# a champion leaves so few misses that the gate would ask for new terms
AGAIN = "gate: {ker_above: 0.01, saturated_below: 0.0}\n"


def decision_of(root: Path, cycle: int = 1) -> dict[str, Any]:
    found = read_json(root / f"cycle{cycle + 1}/decision.json")
    assert found is not None
    return found


def set_policy(root: Path, more: str) -> None:
    path = root / "flywheel.yaml"
    path.write_text(path.read_text() + more)


def test_a_cycle_that_is_run_again_has_to_beat_the_champion_that_it_made(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fine-tune that misses 60 % is far better than the base, and far worse than the champion."""
    root = flywheel(after=0.05, policy=AGAIN)
    make_distinct(root / "cycle1/audio")
    assert turn(root).name == "Kept"
    first = decision_of(root)["candidate"]
    monkeypatch.setenv("FAKE_MISSES", "0.6")
    set_policy(root, "sft: {epochs: 2}\n")
    assert turn(root).name == "Rejected"
    again = decision_of(root)
    assert again["base"]["sha256"] == first["sha256"]
    assert again["priority"]["ker_candidate"] > again["priority"]["ker_base"]
    champion = read_champion(root)
    assert champion is not None
    assert champion.sha256 == first["sha256"]
    assert len(read_ledger(root)) == 2
    assert turn(root).name == "Rejected"
    assert len(read_ledger(root)) == 2
    assert ledger_faults(root) == []


def test_a_better_candidate_of_a_cycle_that_is_run_again_follows_its_champion(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(after=0.4, policy=AGAIN)
    make_distinct(root / "cycle1/audio")
    turn(root)
    first = decision_of(root)["candidate"]
    monkeypatch.setenv("FAKE_MISSES", "0.0")
    set_policy(root, "sft: {epochs: 2}\n")
    assert turn(root).name == "Kept"
    champion = read_champion(root)
    assert champion is not None
    assert champion.previous is not None
    assert champion.previous.sha256 == first["sha256"] == decision_of(root)["base"]["sha256"]
    second = champion
    roll_back(root, 0)
    roll_back(root, 1)
    assert read_champion(root) is not None
    champion = read_champion(root)
    assert champion is not None
    assert champion.sha256 == second.sha256
    assert ledger_faults(root) == []


def test_a_kept_candidate_that_is_judged_again_by_other_limits_is_not_compared_with_itself(
    flywheel: Flywheel,
) -> None:
    root = flywheel(policy="decide: {open_guard: keep}\n")
    turn(root)
    base = decision_of(root)["base"]
    path = root / "flywheel.yaml"
    path.write_text(
        path.read_text().replace("open_guard: keep", "open_guard: keep, keep_drop: 0.3")
    )
    assert open_cycle(root, 1).comparison.sha256 == base["sha256"]
    assert turn(root).name == "Kept"
    assert decision_of(root)["base"]["sha256"] == base["sha256"]


def test_a_gain_that_is_boostings_is_named_and_the_boosted_base_is_judged(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    """Boosting alone halves the misses of the base, and the fine-tune misses no fewer rows."""
    root = flywheel(after=0.4, policy="boost: report\n")
    make_distinct(root / "cycle1/audio")
    assert turn(root).name == "Kept"
    tuned, boosted = (line for line in read_ledger(root) if isinstance(line, DecisionLine))
    assert (tuned.outcome, boosted.outcome) == ("grow", "keep")
    assert tuned.against_boosting is not None
    assert not tuned.against_boosting.beaten
    assert tuned.reasons[0].startswith("Not decided: of ")
    assert "and with phrase boosting, which needs no training, " in tuned.reasons[0]
    assert boosted.reasons[0].startswith("Use the present model with phrase boosting: of ")
    assert tuned.reasons[2].startswith(
        "The gain is boosting's: against the base, beam boosted 1, which needs no training"
    )
    decision, champion = decision_of(root), read_champion(root)
    assert champion is not None
    assert champion.decoding.name == "beam boosted 1"
    assert champion.path == decision["base"]["path"]
    assert decision["priority"]["look"] == 2
    assert decision["against_boosting"] is None
    assert "judged first, on a line of its own in the ledger" in decision["summary"]
    assert ledger_faults(root) == []
    # the base, a beam and two weights on rows that train, the fine-tune, and the boosted base on test rows
    decodings = (tmp_path / "decodings").read_text().splitlines()
    assert len(decodings) == 1 + 4 + 1 + 1
    turn(root)
    assert len(read_ledger(root)) == 2


def test_a_cycle_that_was_killed_before_the_boosted_base_was_judged_goes_on_with_it(
    flywheel: Flywheel,
) -> None:
    root = flywheel(after=0.4, policy="boost: report\n")
    make_distinct(root / "cycle1/audio")
    turn(root, stop_after="score")
    opened = open_cycle(root, 1)
    assert inspect.unwrap(decide_cycle)(opened).judges_boosted
    assert not is_finished(opened)
    assert turn(root).name == "Kept"
    assert [line.outcome for line in read_ledger(root)] == ["grow", "keep"]


def test_a_fine_tune_that_beats_boosting_is_kept_with_the_figures_of_both(
    flywheel: Flywheel,
) -> None:
    root = flywheel(after=0.05, policy="boost: report\n")
    make_distinct(root / "cycle1/audio")
    assert turn(root).name == "Kept"
    decision = decision_of(root)
    assert decision["against_boosting"]["beaten"]
    assert decision["candidate"]["decoding"]["boost_alpha"] is None
    named = "Against the base, beam boosted 1, which needs no training: priority KER "
    assert any(reason.startswith(named) for reason in decision["reasons"])


def grown(root: Path, number: int, rows: int) -> None:
    """Write a cycle with the clips of the one before it and some new ones, all distinct."""
    folder = root / f"cycle{number}"
    shutil.copytree(root / "cycle1/audio", folder / "audio", dirs_exist_ok=True)
    manifest = (root / "cycle1/manifest.jsonl").read_text().splitlines()
    for index in range(100, 100 + rows):
        write_tone(folder / f"audio/{index}.wav", 1 + index / 10_000)
        term = {
            "term": f"term{index // 2 * 2}",
            "text": f"please start term{index // 2 * 2} today, number {index}",
        }
        fields = FIELDS | clinical_fields(index) | term | {"audio_filepath": f"audio/{index}.wav"}
        manifest.append(json.dumps(fields))
    (folder / "manifest.jsonl").write_text("\n".join(manifest) + "\n")


def test_the_first_base_is_what_guards_are_held_against_over_four_cycles(
    flywheel: Flywheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = flywheel(after=0.4, policy=AGAIN)
    make_distinct(root / "cycle1/audio")
    clips = []
    for number in range(10):
        write_tone(root / f"g{number}.wav", 2 + number / 10_000)
        clips.append({"audio_filepath": f"g{number}.wav", "text": f"plain speech number {number}"})
    (root / "general.jsonl").write_text("".join(json.dumps(clip) + "\n" for clip in clips))
    turn(root)
    for number, misses in ((2, "0.05"), (3, "0.04"), (4, "0.03")):
        grown(root, number, 20 * (number - 1))
        monkeypatch.setenv("FAKE_MISSES", misses)
        turn(root, number)
    decisions = [decision_of(root, number) for number in (1, 2, 3, 4)]
    assert [one["against_anchor"]["is_comparison"] for one in decisions] == [True] + [False] * 3
    assert [one["against_anchor"]["candidate"] for one in decisions] == [1, 2, 3, 4]
    assert {one["anchor"]["sha256"] for one in decisions} == {file_sha256(root / "base.nemo")}
    general = [one["against_anchor"]["guards"][0] for one in decisions]
    assert {one["name"] for one in general} == {"general_wer"}
    assert len({one["base"] for one in general}) == 1
    assert [round(one["confidence"], 4) for one in general] == [0.975, 0.9875, 0.9938, 0.9969]
    # 100 rows and general speech by the comparison model of cycle 1, then only rows that are new
    kept = [sum(1 for _ in path.open()) for path in sorted(root.glob("cycle*/decoded/anchor-*"))]
    new = [
        len([row for row in rows_tested(root, number) if row not in rows_tested(root, number - 1)])
        for number in (2, 3, 4)
    ]
    assert kept == [110, *new]
    table = ledger_table(root)
    assert table.count(f"general_wer {rate(general[0]['base'])} → ") == 4
    assert "against the first base" in (root / "cycle5/report.html").read_text().lower()
    assert ledger_faults(root) == []


def rows_tested(root: Path, number: int) -> set[str]:
    (path,) = root.glob(f"cycle{number}/models/*/split.json")
    split = read_json(path)
    assert split is not None
    return set(split["test"])


def test_a_first_base_that_is_gone_is_a_fault_of_the_input(
    flywheel: Flywheel, fake_model: Callable[..., Path]
) -> None:
    root = flywheel(policy=AGAIN)
    make_distinct(root / "cycle1/audio")
    turn(root)
    grown(root, 2, 20)
    (root / "base.nemo").unlink()
    fake_model(root / "other.nemo", 0.7)
    path = root / "flywheel.yaml"
    path.write_text(path.read_text().replace("base.nemo", "other.nemo"))
    with pytest.raises(InvalidInput, match="of the first base of this workspace; it is not there"):
        flywheel_cycle(root, 2)
    assert not (root / "cycle2/gate.json").exists()
    set_policy(root, "anchor: other.nemo\n")
    turn(root, 2)
    decision = decision_of(root, 2)
    assert decision["anchor"]["sha256"] == file_sha256(root / "other.nemo")
    assert decision["against_anchor"]["candidate"] == 1


def test_a_boosted_base_waits_for_approval_is_handed_on_and_rolled_back_to(
    flywheel: Flywheel, tmp_path: Path
) -> None:
    root = flywheel(after=0.4, policy="boost: report\napproval: required\n")
    make_distinct(root / "cycle1/audio")
    assert turn(root).name == "AwaitingApproval"
    assert read_champion(root) is None
    yes = {"cycle": 1, "decision": "yes", "reviewer": "Dr. Okafor", "reason": "no training needed"}
    assert approve_candidate(root, **yes, return_state=True).name == "Kept"
    hand_off_model(root, 1, tmp_path / "out", None)
    phrases = (tmp_path / "out/vocabulary.txt").read_text().splitlines()
    assert len(phrases) > 1_000
    assert "- Judged on **synthetic speech only**" in (tmp_path / "out/MODEL_CARD.md").read_text()
    (trained,) = (root / "cycle1").glob("models/*/training_run_info.json")
    assert json.loads(trained.read_text())["versions"]
    assert decision_of(root)["versions"] == {}, "nothing was trained of what is judged"
    roll_back(root, 0)
    roll_back(root, 1)
    champion = read_champion(root)
    assert champion is not None
    assert champion.decoding.name == "beam boosted 1"
    assert "Dr. Okafor" in str(champion.approval)
    assert [line.outcome for line in read_ledger(root)][:3] == ["grow", "keep", "approved"]
    assert ledger_faults(root) == []
