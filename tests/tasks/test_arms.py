"""Stage arms makes one system of a fine-tune the candidate, and the choice survives a kill."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks import arms, boost, sft, split
from tasks.domain.policy import Policy
from tasks.records.files import file_sha256, read_json
from tasks.workspace.cycle import Run
from tasks.workspace.models import candidate_system, current_arms
from tasks.workspace.open import open_cycle

compare_arms = inspect.unwrap(arms.compare_arms)
boost_comparison = inspect.unwrap(boost.boost_comparison)
fine_tune = inspect.unwrap(sft.fine_tune)
split_rows = inspect.unwrap(split.split_rows)
POLICY = "boost: report\narms: {boosted: true, base_shares: []}\n"


@pytest.fixture
def run(flywheel: Callable[..., Path]) -> Run:
    """A fine-tune that is trained, with a boosting that was chosen."""
    cycle = open_cycle(flywheel(policy=POLICY), 1)
    split_rows(cycle)
    boost_comparison(cycle)
    fine_tune(cycle)
    return Run(cycle)


def test_the_expected_system_is_judged_with_the_boosting_that_was_chosen(run: Run) -> None:
    found = compare_arms(run.cycle)
    assert (found.judged, found.compared) == ("fine-tune, beam boosted 1", 6)
    system = candidate_system(run)
    assert system.decoding.name == "beam boosted 1"
    assert system.sha256 == file_sha256(run.candidate) == file_sha256(run.arm(0.0))
    record = read_json(run.arms)
    assert record is not None
    names = [one["name"] for one in record["arms"]]
    assert names[:4] == [
        "base, greedy",
        "base, beam",
        "base, beam boosted 0.5",
        "base, beam boosted 1",
    ]


def test_a_choice_that_is_unchanged_is_not_made_again(run: Run) -> None:
    compare_arms(run.cycle)
    before = run.arms.read_bytes()
    run.arm(0.0).unlink()  # it would be needed
    assert compare_arms(run.cycle).judged == "fine-tune, beam boosted 1"
    assert run.arms.read_bytes() == before


def test_a_choice_for_other_inputs_or_another_candidate_does_not_stand(run: Run) -> None:
    compare_arms(run.cycle)
    other = Policy.model_validate({"base": "base.nemo", "arms": {"boosted": False}})
    assert current_arms(Run(open_cycle(run.cycle.root, 1, other))) is None
    info = run.training_info.read_text()
    sha256 = file_sha256(run.candidate)
    run.training_info.write_text(info.replace(sha256, "0" * 64))
    assert current_arms(run) is None


def test_a_kill_before_the_record_is_written_chooses_the_same_again(run: Run) -> None:
    compare_arms(run.cycle)
    chosen = run.arms.read_bytes()
    run.arms.unlink()
    compare_arms(run.cycle)
    assert run.arms.read_bytes() == chosen


def test_a_share_that_the_policy_names_later_is_averaged_without_training(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = run.training_info.read_bytes()
    run.arm(0.0).rename(run.arm(0.5))  # as if it had been averaged
    run.arm(0.5).with_name("share-0.nemo").write_bytes(run.arm(0.5).read_bytes())
    policy = POLICY.replace("base_shares: []", "base_shares: [0.5]")
    (run.cycle.root / "flywheel.yaml").write_text(f"base: base.nemo\n{policy}")
    monkeypatch.setenv("FAKE_TRAINING", "crash")
    later = Run(open_cycle(run.cycle.root, 1))
    assert later.folder == run.folder
    assert fine_tune(later.cycle).trained == 0
    assert later.training_info.read_bytes() == trained
