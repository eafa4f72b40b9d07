"""The job of one fine-tune: tried again where that helps, and checked; with scripts of our own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.policy import Policy
from tasks.domain.progress import Stage
from tasks.domain.recipe import CPU, Hardware, resolve_hyperparameters
from tasks.jobs.training import Training, check_trainable, metrics_per_epoch, train, train_seeds
from tasks.records.record import read_record
from tasks.records.stages import SplitRecord
from tasks.settings import Settings
from tasks.workspace.cycle import Run
from tasks.workspace.open import open_cycle
from tasks.workspace.splits import trained_manifests
from tests.tasks.finetune_script import MODEL

OUT_OF_MEMORY = 'sys.exit("torch.OutOfMemoryError: CUDA out of memory.")\n'
TDT = "joint: {}\nloss: {loss_name: tdt}\n"
Workspace = Callable[..., Path]


@pytest.fixture
def training(split_run: Run) -> Training:
    """The fine-tune of ten rows that are split, in batches of 8."""
    split, base = read_record(split_run.split, SplitRecord), split_run.cycle.base.path
    assert split is not None
    assert base is not None
    hyperparameters, _ = resolve_hyperparameters(split_run.cycle.policy.sft, split.train_rows, CPU)
    manifests = trained_manifests(split_run, split, base)
    return Training(split_run, split_run.work, base, CPU, hyperparameters, (), manifests)


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


FIRST_THREE_FAIL = """
if len(Path(__file__).with_name("batches").read_text().split()) <= 3:
    sys.exit("torch.OutOfMemoryError: CUDA out of memory.")
"""


@pytest.mark.parametrize(("body", "batches"), [(FIRST_THREE_FAIL, 6 * ["8"]), ("", 3 * ["8"])])
def test_seeds_that_a_gpu_has_no_room_for_beside_each_other_are_trained_in_turn_by_the_same_batch(
    training: Training, finetune_script: Callable[[str], Path], body: str, batches: list[str]
) -> None:
    asked = finetune_script(body + MODEL)
    wanted = replace(training.hyperparameters, seeds=3)
    gpu = Hardware("gpu", vram_gib=80.0)
    trained = train_seeds(replace(training, hyperparameters=wanted, hardware=gpu), Settings())
    assert asked.read_text().split() == batches
    assert [one.training.hyperparameters.seed for one in trained] == [42, 43, 44]


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


@pytest.fixture
def root(
    workspace: Workspace, fake_model: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A workspace with a TDT base, on a host that has a CPU alone."""
    monkeypatch.setenv("FLYWHEEL_ACCELERATOR", "cpu")
    root = workspace([{}], policy="base: base.nemo\n")
    fake_model(root / "base.nemo", 0.8, TDT)
    return root


@pytest.mark.parametrize("stop_after", [None, "sft", "score"])
def test_a_tdt_base_on_a_cpu_is_refused(root: Path, stop_after: Stage | None) -> None:
    with pytest.raises(JobFailed, match=r"no CPU path: .*; --stop-after boost shows") as raised:
        check_trainable(open_cycle(root, 1), None, stop_after)
    assert raised.value.fault is JobFault.NO_GPU


@pytest.mark.parametrize(
    ("policy", "pool", "stop_after"),
    [
        ({"base": "base.nemo"}, "gpu", None),
        ({"base": "base.nemo"}, None, "boost"),
        ({"base": "base.nemo", "boost": "stop"}, None, None),
        ({"base": "nvidia/parakeet-ctc-0.6b"}, None, None),
    ],
)
def test_where_nothing_is_trained_here_or_it_can_be_there_is_no_refusal(
    root: Path, policy: dict[str, str], pool: str | None, stop_after: Stage | None
) -> None:
    check_trainable(open_cycle(root, 1, Policy.model_validate(policy)), pool, stop_after)


def test_a_fine_tune_that_is_unchanged_needs_no_training(root: Path) -> None:
    run = Run(open_cycle(root, 1))
    run.folder.mkdir(parents=True)
    for path in (run.candidate, run.training_info):
        with pytest.raises(JobFailed):
            check_trainable(run.cycle, None, None)
        path.write_bytes(b"")
    check_trainable(run.cycle, None, None)


def write_events(folder: Path, *points: tuple[int, str, float]) -> None:
    """Write scalars as Lightning's logger does: step, name, value."""
    writer = EventFileWriter(str(folder))
    for step, name, value in points:
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value)])
        writer.add_event(Event(step=step, summary=summary))
    writer.close()


def test_the_loss_of_an_epoch_is_the_mean_of_its_steps(tmp_path: Path) -> None:
    write_events(
        tmp_path,
        (9, "train_loss", 4.0), (19, "train_loss", 2.0), (19, "val_wer", 0.5), (19, "val_loss", 3.0),
        (29, "train_loss", 1.0), (39, "val_wer", 0.25), (39, "val_loss", 2.0),
    )  # fmt: skip
    assert metrics_per_epoch(tmp_path) == [
        {"val_wer": 0.5, "val_loss": 3.0, "train_loss": 3.0},
        {"val_wer": 0.25, "val_loss": 2.0, "train_loss": 1.0},
    ]


def test_a_loss_that_is_not_a_number_stays_one(tmp_path: Path) -> None:
    write_events(tmp_path, (1, "train_loss", math.nan), (1, "val_wer", 1.0))
    (epoch,) = metrics_per_epoch(tmp_path)
    assert math.isnan(epoch["train_loss"])
    assert epoch["val_wer"] == pytest.approx(1.0)


def test_a_run_that_logged_nothing_has_no_epochs(tmp_path: Path) -> None:
    assert metrics_per_epoch(tmp_path) == []
    assert metrics_per_epoch(tmp_path / "none") == []


def test_a_figure_that_is_not_written_yet_is_absent(tmp_path: Path) -> None:
    write_events(tmp_path, (9, "val_wer", 0.5), (9, "val_loss", 3.0), (19, "val_wer", 0.25))
    assert metrics_per_epoch(tmp_path) == [{"val_wer": 0.5, "val_loss": 3.0}, {"val_wer": 0.25}]
