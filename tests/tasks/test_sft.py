"""Stage sft: which fine-tunes become a candidate, and which end the run."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tasks.sft as module
from tasks.domain.errors import DamagedFile, JobFailed, JobFault
from tasks.sft import fine_tune
from tasks.split import split_rows
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle, Run

pytestmark = pytest.mark.usefixtures("prefect_server")


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
    run_job = module.run_job

    def counted(job: Any, *rest: Any) -> Any:
        ran.append(job.work)
        return run_job(job, *rest)

    monkeypatch.setattr(module, "run_job", counted)
    return ran


def test_a_finished_training_is_not_run_again(cycle: Cycle, jobs: list[Path]) -> None:
    first, second = fine_tune(cycle), fine_tune(cycle)
    assert (first.trained, first.reused, first.rows) == (1, 0, 80)
    assert (second.trained, second.reused, second.rows) == (0, 1, 80)
    assert len(jobs) == 1
    assert not Run(cycle).work.exists()


def test_a_loss_that_became_nan_ends_the_run_without_a_retry(
    cycle: Cycle, jobs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverged = [{"epoch": 0, "train_loss": 1.5}, {"epoch": 1, "train_loss": math.nan}]
    monkeypatch.setattr(module, "metrics_per_epoch", lambda _: diverged)
    with pytest.raises(JobFailed, match="the loss became NaN") as failed:
        fine_tune(cycle)
    assert failed.value.fault is JobFault.NOT_A_NUMBER
    assert len(jobs) == 1
    assert not Run(cycle).candidate.exists()
    assert not Run(cycle).training_info.exists()


def test_a_training_that_loaded_other_rows_than_were_written_is_no_candidate(
    cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "rows_loaded", lambda _: (80, 1))
    with pytest.raises(JobFailed, match="80 rows were written for training, NeMo loaded 80") as it:
        fine_tune(cycle)
    assert it.value.fault is JobFault.ROWS_LOST
    assert not Run(cycle).candidate.exists()


def test_a_model_whose_archive_is_cut_short_is_trained_again_from_the_start(
    cycle: Cycle, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_job = module.run_job

    def cut(job: Any, *rest: Any) -> Any:
        finished = run_job(job, *rest)
        (left,) = job.work.rglob("*.nemo")
        left.write_bytes(left.read_bytes()[:700])
        return finished

    with monkeypatch.context() as patch:
        patch.setattr(module, "run_job", cut)
        with pytest.raises(JobFailed, match="training left no whole model") as failed:
            module._train(Run(cycle))
    assert failed.value.retryable
    assert not [*Run(cycle).work.rglob("*.nemo")]
    assert fine_tune(cycle).trained == 1


def test_rows_that_are_not_split_are_one_sentence(flywheel: Callable[..., Path]) -> None:
    with pytest.raises(DamagedFile, match="these rows are not split yet"):
        fine_tune(open_cycle(flywheel(), 1))
