"""Run the job of one fine-tune: from its checkpoint or the start, once more where memory is short.

Several seeds of one recipe are trained side by side where the GPU has room for them. Whether this host
can train what a cycle asks for is checked before anything is decoded.
"""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import Finished, Job, rows_loaded
from tasks.domain.progress import Progress, Stage
from tasks.domain.recipe import (
    RUN_NAME,
    Hardware,
    Hyperparameters,
    finetune_overrides,
    seeds_at_a_time,
)
from tasks.jobs.runner import local_hardware, run_job
from tasks.jobs.side_by_side import side_by_side
from tasks.logs import log, report
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import SeedRecord
from tasks.settings import Settings
from tasks.workspace.archives import NotAModel, nemo_config
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.splits import TrainedManifests

FIGURES_SECONDS = 5.0
BEFORE_TRAINING: tuple[Stage, ...] = ("gate", "split", "boost")
EPOCH_FIGURES = ("val_wer", "val_loss")


@dataclass(frozen=True)
class Training:
    """The settings of one fine-tune; `hyperparameters` may be changed by a second attempt.

    Its job writes to the folder `work`; `beside` fine-tunes share the GPU, this one with them.
    """

    run: Run
    work: Path
    base: Path
    hardware: Hardware
    hyperparameters: Hyperparameters
    warnings: tuple[str, ...]
    manifests: TrainedManifests
    beside: int = 1

    @property
    def rows(self) -> int:
        """Rows in train.jsonl, replayed ones included."""
        return self.manifests.rows

    @property
    def log_dir(self) -> Path:
        return self.work / "run"

    @property
    def seeds(self) -> list[Training]:
        """The fine-tune of each seed that is averaged; this one alone where it has no others."""
        settings = self.hyperparameters
        if settings.seeds == 1:
            return [self]
        return [
            replace(
                self,
                work=self.work / f"seed-{seed}",
                hyperparameters=replace(settings, seed=seed),
            )
            for seed in range(settings.seed, settings.seed + settings.seeds)
        ]


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
    overrides: tuple[str, ...]
    image: dict[str, str] | None
    model: Path
    loaded: int | None
    filtered: int
    epochs: Sequence[dict[str, float]]


def train_seeds(training: Training, settings: Settings) -> list[Trained]:
    """Train each seed, side by side where the GPU has room; one that is finished is left as it is.

    Raises the first failure, when all have ended.
    """
    each = training.seeds
    if len(each) == 1:
        return [train(training, settings)]
    bytes_of_base = training.base.stat().st_size
    at_a_time = seeds_at_a_time(training.hyperparameters, training.hardware, bytes_of_base)
    trained = _train_each(each, at_a_time, settings)
    short = [place for place, one in enumerate(trained) if at_a_time > 1 and _is_short(one)]
    if short:
        log().warning("sft: the GPU has no room for %d fine-tunes: one at a time now", at_a_time)
        again = _train_each([each[place] for place in short], 1, settings)
        for place, one in zip(short, again, strict=True):
            trained[place] = one
    for one in trained:
        if isinstance(one, Exception):
            raise one
    return [one for one in trained if isinstance(one, Trained)]


def _train_each(
    each: Sequence[Training], at_a_time: int, settings: Settings
) -> list[Trained | Exception]:
    beside = min(at_a_time, len(each))
    works = [partial(_train_seed, replace(one, beside=beside), settings) for one in each]
    return side_by_side(works, at_a_time)


def _is_short(ended: Trained | Exception) -> bool:
    return isinstance(ended, JobFailed) and ended.fault is JobFault.GPU_MEMORY


def _train_seed(training: Training, settings: Settings) -> Trained:
    """Train one of several seeds, unless it is finished; its record is written last."""
    model, path = training.work / "fine-tune.nemo", training.work / "seed.json"
    wanted, record = training.hyperparameters, read_record(path, SeedRecord)
    if record and model.exists() and record.hyperparameters in (wanted, wanted.halved()):
        return Trained(
            replace(training, hyperparameters=record.hyperparameters, warnings=record.warnings),
            record.overrides,
            record.image,
            model,
            record.loaded,
            record.filtered,
            record.metrics_per_epoch,
        )
    if training.run.cycle.policy.sft.preset == "smoke":  # production resumes from its checkpoint
        shutil.rmtree(training.work, ignore_errors=True)
    trained = train(training, settings)
    os.replace(trained.model, model)
    record = SeedRecord(
        hyperparameters=trained.training.hyperparameters,
        warnings=trained.training.warnings,
        overrides=trained.overrides,
        image=trained.image,
        loaded=trained.loaded,
        filtered=trained.filtered,
        metrics_per_epoch=tuple(trained.epochs),
    )
    write_record(path, record)
    return replace(trained, model=model)


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
    return Trained(
        training,
        tuple(job.arguments),
        dict(job.image) if job.image else None,
        _whole_model(training),
        loaded,
        filtered,
        epochs,
    )


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

    A run with half the batch is resumed with half the batch. Beside others, the whole batch is tried
    alone first.
    """
    halved = training.work / f"halved-{training.hyperparameters.batch_size}"
    if halved.exists():
        training = _with_half_the_batch(training)
        return training, _run(training, settings, steps)
    try:
        return training, _run(training, settings, steps)
    except JobFailed as error:
        alone = training.beside == 1 and training.hyperparameters.batch_size > 1
        if error.fault is not JobFault.GPU_MEMORY or not alone:
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

    job = Job("finetune", overrides, training.work, beside=training.beside)
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
