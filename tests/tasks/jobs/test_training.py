"""The job of one fine-tune: tried again where that helps, and checked; with scripts of our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.recipe import CPU, resolve_hyperparameters
from tasks.jobs.training import Training, train
from tasks.records.record import read_record
from tasks.records.stages import SplitRecord
from tasks.settings import Settings
from tasks.workspace.cycle import Run
from tasks.workspace.splits import trained_manifests
from tests.tasks.finetune_script import MODEL

OUT_OF_MEMORY = 'sys.exit("torch.OutOfMemoryError: CUDA out of memory.")\n'


@pytest.fixture
def training(split_run: Run) -> Training:
    """The fine-tune of ten rows that are split, in batches of 8."""
    split, base = read_record(split_run.split, SplitRecord), split_run.cycle.base.path
    assert split is not None
    assert base is not None
    hyperparameters, _ = resolve_hyperparameters(split_run.cycle.policy.sft, split.train_rows, CPU)
    manifests = trained_manifests(split_run, split, base)
    return Training(split_run, base, CPU, hyperparameters, (), manifests)


def test_a_batch_too_large_for_the_gpu_is_halved_once_and_not_twice(
    training: Training, finetune_script: Callable[[str], Path]
) -> None:
    batches = finetune_script(OUT_OF_MEMORY)
    with pytest.raises(JobFailed, match="out of GPU memory") as raised:
        train(training, Settings())
    assert raised.value.fault is JobFault.GPU_MEMORY
    assert batches.read_text().split() == ["8", "4"]


def test_a_batch_of_one_row_cannot_be_halved(
    training: Training, finetune_script: Callable[[str], Path]
) -> None:
    one = replace(training, hyperparameters=replace(training.hyperparameters, batch_size=1))
    batches = finetune_script(OUT_OF_MEMORY)
    with pytest.raises(JobFailed, match="out of GPU memory"):
        train(one, Settings())
    assert batches.read_text().split() == ["1"]


@pytest.mark.parametrize(
    ("printed", "counted"),
    [
        ("Dataset loaded with 6 files\\n1 files were filtered", "6 and filtered 1"),
        ("Dataset loaded with 9 files", "9 and filtered 0"),
    ],
)
def test_rows_that_nemo_left_out_or_added_fail_the_fine_tune(
    training: Training, finetune_script: Callable[[str], Path], printed: str, counted: str
) -> None:
    finetune_script(f'print("{printed}")\n{MODEL}')
    sentence = f"^7 rows were written for training, NeMo loaded {counted}$"
    with pytest.raises(JobFailed, match=sentence) as raised:
        train(training, Settings())
    assert raised.value.fault is JobFault.ROWS_LOST


BAR = 'print("Epoch {}:  50%|##   | {}/4 [00:12<00:12,  0.50it/s]")\n'
FAILS = 'sys.exit("DataLoader worker (pid 7) is killed by signal: Bus error.")\n'


@pytest.mark.parametrize(("steps", "kept"), [((1, 2), True), ((1,), False), ((), False)])
def test_a_resumed_training_that_fails_after_a_step_keeps_its_checkpoints(
    training: Training, finetune_script: Callable[[str], Path], steps: tuple[int, ...], kept: bool
) -> None:
    checkpoint = training.log_dir / "checkpoints" / "epoch=1-last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    finetune_script("".join(BAR.format(1, step) for step in steps) + FAILS)
    with pytest.raises(JobFailed, match="Bus error") as raised:
        train(training, Settings())
    assert checkpoint.exists() is kept
    assert ("its checkpoints stay in" in str(raised.value)) is kept


def test_a_resumed_training_whose_batch_is_halved_keeps_what_it_then_makes(
    training: Training, finetune_script: Callable[[str], Path]
) -> None:
    checkpoint = training.log_dir / "epoch=1-last.ckpt"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    makes = "log_dir.mkdir(parents=True)\n(log_dir / 'epoch=0-last.ckpt').touch()\n"
    batches = finetune_script(
        f"if batch == 8: {OUT_OF_MEMORY}{makes}{BAR.format(0, 1)}{BAR.format(0, 2)}{FAILS}"
    )
    with pytest.raises(JobFailed, match="its checkpoints stay in"):
        train(training, Settings())
    assert batches.read_text().split() == ["8", "4"]
    assert (training.log_dir / "epoch=0-last.ckpt").exists()


def test_a_run_with_half_the_batch_goes_on_with_half_the_batch(
    training: Training, finetune_script: Callable[[str], Path]
) -> None:
    batches = finetune_script(f"if batch == 8: {OUT_OF_MEMORY}{FAILS}")
    for _ in range(2):
        with pytest.raises(JobFailed, match="Bus error"):
            train(training, Settings())
    assert batches.read_text().split() == ["8", "4", "4"]
