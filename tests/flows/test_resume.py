"""What a kill or a change in the middle of a cycle leads to: work that goes on, or one sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flows.cycle import flywheel_cycle, run_stages
from tasks.domain.errors import InputsChanged, JobFailed, JobFault
from tasks.jobs import training
from tasks.records.record import read_record
from tasks.records.stages import TrainingRecord
from tasks.sft import fine_tune
from tasks.split import split_rows
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.ledger import read_champion, read_ledger
from tasks.workspace.open import open_cycle

pytestmark = pytest.mark.usefixtures("prefect_server")
Flywheel = Callable[..., Path]
PRODUCTION = "sft: {preset: production}\n"


@pytest.fixture
def cycle(flywheel: Callable[..., Path]) -> Cycle:
    """A cycle whose rows are split."""
    opened = open_cycle(flywheel(), 1)
    split_rows(opened)
    return opened


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The work folders of the jobs that were run."""
    ran: list[Path] = []
    run_job = training.run_job

    def counted(job: Any, *rest: Any) -> Any:
        ran.append(job.work)
        return run_job(job, *rest)

    monkeypatch.setattr(training, "run_job", counted)
    return ran


def checkpointed(flywheel: Callable[..., Path]) -> Cycle:
    """A split cycle in production, whose killed training left a checkpoint and a cut model."""
    opened = open_cycle(flywheel(policy=PRODUCTION), 1)
    split_rows(opened)
    folder = Run(opened).work / "run/checkpoints"
    folder.mkdir(parents=True)
    (folder / "epoch=2-last.ckpt").write_bytes(b"cut")
    (folder / "flywheel.nemo").write_bytes(b"cut")
    return opened


def test_a_checkpoint_that_cannot_be_resumed_is_left_and_the_record_is_reported(
    flywheel: Callable[..., Path], jobs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = checkpointed(flywheel)
    monkeypatch.setenv("FAKE_TRAINING", "checkpoint")
    assert fine_tune(cycle).trained == 1
    assert len(jobs) == 2
    record = read_record(Run(cycle).training_info, TrainingRecord)
    assert record is not None
    assert "The checkpoint cannot be resumed (" in record.warnings[-1]
    assert record.warnings[-1].endswith("): training starts again")


def test_a_failure_that_no_checkpoint_explains_is_not_tried_twice(
    cycle: Cycle, jobs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_TRAINING", "crash")
    with pytest.raises(JobFailed, match="the fake was asked to fail"):
        fine_tune(cycle)
    assert len(jobs) == 1


def test_a_model_that_a_killed_job_left_is_never_taken_for_this_one(
    flywheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = checkpointed(flywheel)
    whole = Run(cycle).work / "run/checkpoints/flywheel.nemo"
    whole.write_bytes(cycle.base.path.read_bytes() if cycle.base.path else b"")
    monkeypatch.setenv("FAKE_TRAINING", "unsaved")
    with pytest.raises(JobFailed, match="training left no whole model"):
        inspect.unwrap(fine_tune)(cycle)
    assert not Run(cycle).candidate.exists()


def test_a_base_that_was_swapped_while_the_cycle_ran_is_not_trained(
    cycle: Cycle, jobs: list[Path], fake_model: Callable[..., Path]
) -> None:
    assert cycle.base.path is not None
    fake_model(cycle.base.path, 0.1)
    with pytest.raises(InputsChanged, match=r"base\.nemo changed since the cycle was started"):
        fine_tune(cycle)
    assert jobs == []


def test_a_training_that_diverged_leaves_nothing_that_the_next_one_would_resume(
    flywheel: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cycle = checkpointed(flywheel)
    with monkeypatch.context() as patch:
        patch.setattr(training, "metrics_per_epoch", lambda _: [{"train_loss": float("nan")}])
        with pytest.raises(JobFailed, match="the loss became NaN") as failed:
            fine_tune(cycle)
    assert failed.value.fault is JobFault.NOT_A_NUMBER
    assert not [*Run(cycle).work.rglob("*.ckpt")]
    assert fine_tune(cycle).trained == 1


def test_a_manifest_that_is_sorted_while_the_model_trains_ends_the_run_before_a_verdict(
    flywheel: Flywheel,
) -> None:
    root = flywheel(after=0.8)  # a fine-tune that changes nothing
    manifest = root / "cycle1/manifest.jsonl"
    opened = open_cycle(root, 1)

    def disturbed() -> None:
        for done in run_stages(opened, None, 1):
            if done == "sft":
                lines = manifest.read_text().splitlines()
                manifest.write_text("\n".join(sorted(lines)) + "\n")

    with pytest.raises(InputsChanged, match="the manifest and the audio changed while the cycle"):
        disturbed()
    assert read_ledger(root) == []
    assert read_champion(root) is None
    assert flywheel_cycle(root, return_state=True).name == "Grow"
