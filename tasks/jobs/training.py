"""Run the job of one fine-tune: from its checkpoint or the start, once more where memory is short.

Whether this host can train what a cycle asks for is checked before anything is decoded.
"""

from __future__ import annotations

import math
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import Finished, Job, rows_loaded
from tasks.domain.progress import Progress, Stage
from tasks.domain.recipe import RUN_NAME, Hardware, Hyperparameters, finetune_overrides
from tasks.jobs.runner import local_hardware, run_job
from tasks.logs import log, report
from tasks.settings import Settings
from tasks.workspace.archives import NotAModel, nemo_config
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.splits import TrainedManifests

FIGURES_SECONDS = 5.0
BEFORE_TRAINING: tuple[Stage, ...] = ("gate", "split", "boost")
EPOCH_FIGURES = ("val_wer", "val_loss")


@dataclass(frozen=True)
class Training:
    """The settings of one fine-tune; `hyperparameters` may be changed by a second attempt."""

    run: Run
    base: Path
    hardware: Hardware
    hyperparameters: Hyperparameters
    warnings: tuple[str, ...]
    manifests: TrainedManifests

    @property
    def rows(self) -> int:
        """Rows in train.jsonl, replayed ones included."""
        return self.manifests.rows

    @property
    def log_dir(self) -> Path:
        return self.run.work / "run"


@dataclass
class Steps:
    """Whether the last job has trained, by what it reports: a resumed one begins at the steps it has."""

    first: float | None = None
    made: bool = False

    def begin(self) -> None:
        self.first, self.made = None, False

    def see(self, now: Progress) -> None:
        if now.unit == "steps":
            self.first = now.done if self.first is None else self.first
            self.made |= now.done > self.first


@dataclass(frozen=True)
class Trained:
    """The result of a fine-tune, and the settings that it ended with."""

    training: Training
    job: Finished
    model: Path
    loaded: int | None
    filtered: int
    epochs: list[dict[str, float]]


def train(training: Training, settings: Settings) -> Trained:
    """Run the job to its end; raise JobFailed unless every row was loaded and the model is whole."""
    training, job = _run_from_checkpoint_or_start(training, settings)
    loaded, filtered = rows_loaded(job.lines)
    if loaded is not None and (loaded, filtered) != (training.rows, 0):
        raise JobFailed(
            f"{training.rows} rows were written for training, NeMo loaded {loaded} and filtered "
            f"{filtered}",
            JobFault.ROWS_LOST,
        )
    epochs = metrics_per_epoch(training.log_dir)
    if any(math.isnan(value) for epoch in epochs for value in epoch.values()):
        shutil.rmtree(training.log_dir, ignore_errors=True)  # a checkpoint would bring it back
        raise JobFailed(
            "the loss became NaN: use bf16-mixed or 32, or a lower learning rate",
            JobFault.NOT_A_NUMBER,
        )
    return Trained(training, job, _whole_model(training), loaded, filtered, epochs)


def _run_from_checkpoint_or_start(
    training: Training, settings: Settings
) -> tuple[Training, Finished]:
    """Run the job; where the checkpoint of an earlier run cannot be resumed, from the start."""
    resumed, steps = any(training.log_dir.rglob("*.ckpt")), Steps()
    try:
        return _run_with_less_memory_if_needed(training, settings, steps)
    except JobFailed as error:
        if not resumed or error.fault is not JobFault.OTHER or error.retryable:
            raise
        if steps.made:  # it could be resumed, and may hold hours of work
            sentence = f"{error}; its checkpoints stay in {training.log_dir}"
            raise JobFailed(sentence, error.fault) from None
        warning = f"The checkpoint cannot be resumed ({error}): training starts again"
    log().warning("sft: %s", warning)
    shutil.rmtree(training.log_dir)
    training = replace(training, warnings=(*training.warnings, warning))
    return _run_with_less_memory_if_needed(training, settings, steps)


def _run_with_less_memory_if_needed(
    training: Training, settings: Settings, steps: Steps
) -> tuple[Training, Finished]:
    """Run the job; once more with half the batch when the GPU's memory did not suffice.

    A run with half the batch is resumed with half the batch.
    """
    halved = training.run.work / f"halved-{training.hyperparameters.batch_size}"
    if halved.exists():
        training = _with_half_the_batch(training)
        return training, _run(training, settings, steps)
    try:
        return training, _run(training, settings, steps)
    except JobFailed as error:
        if error.fault is not JobFault.GPU_MEMORY or training.hyperparameters.batch_size == 1:
            raise
    shutil.rmtree(training.log_dir, ignore_errors=True)
    halved.touch()
    training = _with_half_the_batch(training)
    return training, _run(training, settings, steps)


def _with_half_the_batch(training: Training) -> Training:
    smaller = training.hyperparameters.halved()
    warning = f"Out of GPU memory: batch halved to {smaller.batch_size}"
    log().warning("sft: %s", warning)
    return replace(training, hyperparameters=smaller, warnings=(*training.warnings, warning))


def _run(training: Training, settings: Settings, steps: Steps) -> Finished:
    for left in training.log_dir.rglob("*.nemo"):  # of a job that was killed: it may be cut short
        left.unlink()
    overrides = finetune_overrides(
        training.hyperparameters,
        training.hardware,
        base=training.base,
        train=training.manifests.train,
        validation=training.manifests.validation,
        log_dir=training.log_dir,
        rows=training.rows,
    )

    figures, read_at = "", -math.inf
    steps.begin()

    def with_figures(now: Progress) -> None:
        nonlocal figures, read_at
        steps.see(now)
        if time.monotonic() - read_at >= FIGURES_SECONDS:
            figures, read_at = _last_figures(training.log_dir), time.monotonic()
        report(replace(now, note=now.note + figures))

    job = Job("finetune", overrides, training.run.work)
    return run_job(job, training.hardware, settings, with_figures)


def _last_figures(log_dir: Path) -> str:
    """Write the figures of the last validation; empty before the first."""
    epochs = metrics_per_epoch(log_dir)
    return "".join(f", {name} {value:.3f}" for name, value in epochs[-1].items()) if epochs else ""


def _whole_model(training: Training) -> Path:
    """Return the model that the job left; raise JobFailed unless its archive is whole."""
    path = training.log_dir / "checkpoints" / f"{RUN_NAME}.nemo"
    try:
        nemo_config(path)
    except NotAModel as error:
        shutil.rmtree(training.log_dir, ignore_errors=True)
        raise JobFailed(
            f"training left no whole model ({error}): rerun to train from the start",
            retryable=True,
        ) from None
    return path


def check_trainable(cycle: Cycle, pool: str | None, stop_after: Stage | None) -> None:
    """Raise JobFailed where the fine-tune of this cycle is due here and its base cannot be trained.

    A pool trains elsewhere, `boost: stop` may need no training, and a finished fine-tune needs none.
    """
    not_here = pool is not None or stop_after in BEFORE_TRAINING or cycle.policy.boost == "stop"
    if not_here or all(run.candidate.exists() and run.training_info.exists() for run in cycle.runs):
        return
    base = cycle.base.architecture
    if base.untrainable_on("cpu") is None:  # the host is not asked for a GPU then
        return
    refusal = base.untrainable_on(local_hardware(Settings()).accelerator)
    if refusal:
        sentence = f"{refusal}; --stop-after boost shows what it gives without training"
        raise JobFailed(sentence, JobFault.NO_GPU)


def metrics_per_epoch(log_dir: Path) -> list[dict[str, float]]:
    """Return train_loss (mean over the epoch's logged steps), val_wer and val_loss of each epoch.

    A figure that the run did not log, or has not yet written, is absent.
    """
    if not log_dir.is_dir():
        return []
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(log_dir), size_guidance={"scalars": 0})
    events.Reload()
    tags = set(events.Tags()["scalars"])
    figures = {tag: events.Scalars(tag) for tag in EPOCH_FIGURES if tag in tags}
    losses = events.Scalars("train_loss") if "train_loss" in tags else []
    epochs: list[dict[str, float]] = []
    last_step = -1
    for index, point in enumerate(figures.get("val_wer", [])):
        epoch = {tag: of[index].value for tag, of in figures.items() if index < len(of)}
        inside = [loss.value for loss in losses if last_step < loss.step <= point.step]
        if inside:
            epoch["train_loss"] = sum(inside) / len(inside)
        last_step = point.step
        epochs.append({name: round(value, 5) for name, value in epoch.items()})
    return epochs
