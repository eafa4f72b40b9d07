"""Stage sft: fine-tune the base with NeMo's stock recipe, leave adapted_model.nemo."""

from __future__ import annotations

import math
import os
import shutil
import time
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from tasks.domain.errors import DamagedFile, InputsChanged, JobFailed, JobFault
from tasks.domain.jobs import Finished, Job, rows_loaded
from tasks.domain.progress import Progress
from tasks.domain.recipe import (
    RUN_NAME,
    Hardware,
    Hyperparameters,
    finetune_overrides,
    resolve_hyperparameters,
)
from tasks.domain.scoring import normalize
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job
from tasks.jobs.trainable import check_trainable as check_trainable
from tasks.jobs.training_metrics import metrics_per_epoch
from tasks.logs import log, report
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import run_in_pool
from tasks.settings import Settings
from tasks.workspace.files import file_sha256, link_atomic, write_record
from tasks.workspace.locks import locked
from tasks.workspace.models import NotAModel, nemo_config
from tasks.workspace.paths import Cycle, Run
from tasks.workspace.record import ModelRecord, read_record
from tasks.workspace.records import SplitRecord, TrainedRows, TrainingDigests, TrainingRecord

# What a run writes, in sizes of its base: the model and its average; in production also the best and
# the last checkpoint, each with two moments of the optimizer.
FILES_OF_BASE_SIZE = {"smoke": 2, "production": 8}
FIGURES_SECONDS = 5.0
RECORDED_PACKAGES = ("nemo_toolkit", "torch", "lightning", "prefect", "jiwer")


@dataclass(frozen=True)
class TrainingSummary:
    """A fine-tune that stands, and the rows that it loaded."""

    run: str
    rows: int | None


@dataclass(frozen=True)
class SftSummary:
    """The candidate's fine-tune, and how many of its cycle's were trained now."""

    run: str
    rows: int | None
    trained: int
    reused: int


@dataclass(frozen=True)
class Training:
    """What one fine-tune is run with; `hyperparameters` may be changed by a second attempt."""

    run: Run
    split: SplitRecord
    base: Path
    hardware: Hardware
    hyperparameters: Hyperparameters
    warnings: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Rows in train.jsonl, replayed ones included."""
        return self.split.train_rows + self.split.replay_rows

    @property
    def log_dir(self) -> Path:
        return self.run.work / "run"


@stage("sft", runs_a_job=True)
def fine_tune(cycle: Cycle, pool: str | None = None) -> SftSummary:
    """Train the candidate and any folds, here or in a pool, unless it is done."""
    todo = {
        run.training_info: {"fold": run.fold}
        for run in cycle.runs
        if not _finished(run) or _averages_missing(run)
    }
    if pool is not None and todo:
        run_in_pool("sft", pool, cycle, todo)
    done = [_train_once(run) for run in cycle.runs][-1]
    return SftSummary(done.run, done.rows, len(todo), len(cycle.runs) - len(todo))


@stage("sft", runs_a_job=True, timed=False)
def train_run(run: Run) -> TrainingSummary:
    """Train one run, of the candidate or of a fold, as the task of a child flow."""
    return _train_once(run)


def _train_once(run: Run) -> TrainingSummary:
    with locked(run.cycle.root, run.name):
        record = _finished(run) or _train(run)
        for share in _averages_missing(run):  # a share that the policy names since
            base = run.cycle.base.path or fetch_pretrained(record.base.name, run.work, Settings())
            os.replace(_averaged(run, base, run.arm(0.0), share), run.arm(share))
        shutil.rmtree(run.work, ignore_errors=True)
    return TrainingSummary(run.name, record.rows.loaded)


def _finished(run: Run) -> TrainingRecord | None:
    there = run.candidate.exists() and (not run.cycle.policy.arms or run.arm(0.0).exists())
    return read_record(run.training_info, TrainingRecord) if there else None


def _averages_missing(run: Run) -> list[float]:
    return [share for share in run.cycle.policy.shares if not run.arm(share).exists()]


def _train(run: Run) -> TrainingRecord:
    settings = Settings()
    began = time.time()
    training = _prepare(run, settings)
    training, finished = _run_from_checkpoint_or_start(training, settings)
    loaded, filtered = rows_loaded(finished.lines)
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
    _leave_candidate(training, _trained_model(training))
    split = training.split
    rows = TrainedRows(
        train=split.train_rows,
        replay=split.replay_rows,
        validation=split.validation_rows,
        written=training.rows,
        loaded=loaded,
        filtered=filtered,
    )
    record = _record(training, finished, rows, epochs, time.time() - began)
    write_record(run.training_info, record)
    return record


def _trained_model(training: Training) -> Path:
    """Give the model that the job left; raise JobFailed unless its archive is whole."""
    path = training.log_dir / "checkpoints" / f"{RUN_NAME}.nemo"
    try:
        nemo_config(path)
    except NotAModel as error:
        shutil.rmtree(training.log_dir, ignore_errors=True)
        raise JobFailed(
            f"training left no whole model ({error}): the same command trains from the start",
            retryable=True,
        ) from None
    return path


def _leave_candidate(training: Training, model: Path) -> None:
    """Leave the fine-tune, averaged with its base as the policy asks, and other averages beside it."""
    run, share = training.run, training.hyperparameters.base_share
    if not run.cycle.policy.arms:
        os.replace(_averaged(run, training.base, model, share), run.candidate)
        return
    run.arm(0.0).parent.mkdir(exist_ok=True)
    os.replace(model, run.arm(0.0))
    for one in run.cycle.policy.shares:
        if one:
            os.replace(_averaged(run, training.base, run.arm(0.0), one), run.arm(one))
    link_atomic(run.arm(share), run.candidate)


def _averaged(run: Run, base: Path, model: Path, share: float) -> Path:
    """Average a fine-tune with this share of its base; without one it is the model itself."""
    if not share:
        return model
    settings, output = Settings(), run.work / "averaged.nemo"
    overrides = {"model": model, "base": base, "share": str(share), "output": output}
    run_job(Job("average", overrides, run.work), local_hardware(settings), settings)
    return output


def _prepare(run: Run, settings: Settings) -> Training:
    """Gather what the fine-tune needs; raise JobFailed where it cannot run here."""
    base, recipe = run.cycle.base, run.cycle.policy.sft
    hardware = local_hardware(settings)
    refusal = base.architecture.untrainable_on(hardware.accelerator)
    if refusal:
        raise JobFailed(refusal, JobFault.NO_GPU)
    if base.path and base.sha256 != file_sha256(base.path):
        raise InputsChanged(f"{base.path} changed since the cycle was started: run it again")
    _check_disk(run)
    split = read_record(run.split, SplitRecord)
    if split is None:
        raise DamagedFile("these rows are not split yet: run flywheel-cycle with stop_after split")
    rows = split.train_rows + split.replay_rows
    hyperparameters, warnings = resolve_hyperparameters(recipe, rows, hardware)
    for warning in warnings:
        log().warning("sft: %s", warning)
    if recipe.preset == "smoke":
        shutil.rmtree(run.work, ignore_errors=True)  # a production run resumes from its checkpoint
    path = base.path or fetch_pretrained(base.architecture.name, run.work, settings)
    return Training(run, split, path, hardware, hyperparameters, tuple(warnings))


def _check_disk(run: Run) -> None:
    """Raise JobFailed where the disk cannot hold what the fine-tune writes beside its base."""
    base, preset = run.cycle.base.path, run.cycle.policy.sft.preset
    if base is None:  # it is fetched first
        return
    files = FILES_OF_BASE_SIZE[preset] + len(run.cycle.policy.shares)
    needed = files * base.stat().st_size
    free = shutil.disk_usage(run.cycle.root).free
    if free < needed:
        raise JobFailed(
            f"this fine-tune writes about {needed / 1e9:.1f} GB, and {run.cycle.root} has "
            f"{free / 1e9:.1f} GB left: make room, or choose another disk",
            JobFault.DISK_FULL,
        )


def _run_from_checkpoint_or_start(
    training: Training, settings: Settings
) -> tuple[Training, Finished]:
    """Run the job; where the checkpoint of an earlier run cannot be resumed, from the start."""
    resumed = any(training.log_dir.rglob("*.ckpt"))
    try:
        return _run_with_less_memory_if_needed(training, settings)
    except JobFailed as error:
        if not resumed or error.fault is not JobFault.OTHER or error.retryable:
            raise
        warning = f"The checkpoint cannot be resumed ({error}): training starts again"
    log().warning("sft: %s", warning)
    shutil.rmtree(training.log_dir)
    training = replace(training, warnings=(*training.warnings, warning))
    return _run_with_less_memory_if_needed(training, settings)


def _run_with_less_memory_if_needed(
    training: Training, settings: Settings
) -> tuple[Training, Finished]:
    """Run the job; once more with half the batch when the GPU's memory did not suffice."""
    try:
        return training, _run(training, settings)
    except JobFailed as error:
        if error.fault is not JobFault.GPU_MEMORY or training.hyperparameters.batch_size == 1:
            raise
    smaller = training.hyperparameters.halved()
    warning = f"Out of GPU memory: batch halved to {smaller.batch_size}"
    log().warning("sft: %s", warning)
    training = replace(training, hyperparameters=smaller, warnings=(*training.warnings, warning))
    shutil.rmtree(training.log_dir, ignore_errors=True)
    return training, _run(training, settings)


def _run(training: Training, settings: Settings) -> Finished:
    for left in training.log_dir.rglob("*.nemo"):  # of a job that was killed: it may be cut short
        left.unlink()
    overrides = finetune_overrides(
        training.hyperparameters,
        training.hardware,
        base=training.base,
        train=training.run.train,
        validation=training.run.validation,
        log_dir=training.log_dir,
        rows=training.rows,
    )

    figures, read_at = "", -math.inf

    def with_figures(now: Progress) -> None:
        nonlocal figures, read_at
        if time.monotonic() - read_at >= FIGURES_SECONDS:
            figures, read_at = _last_figures(training.log_dir), time.monotonic()
        report(replace(now, note=now.note + figures))

    job = Job("finetune", overrides, training.run.work)
    return run_job(job, training.hardware, settings, with_figures)


def _last_figures(log_dir: Path) -> str:
    """Write the figures of the last validation; empty before the first."""
    epochs = metrics_per_epoch(log_dir)
    return "".join(f", {name} {value:.3f}" for name, value in epochs[-1].items()) if epochs else ""


def _record(
    training: Training,
    finished: Finished,
    rows: TrainedRows,
    epochs: list[dict[str, float]],
    seconds: float,
) -> TrainingRecord:
    cycle = training.run.cycle
    base = cycle.base.record()
    hand_off = cycle.base.architecture.hand_off
    events = _keep_events(training)
    return TrainingRecord(
        base=ModelRecord(
            name=base.name, path=base.path, sha256=base.sha256 or file_sha256(training.base)
        ),
        candidate_sha256=file_sha256(training.run.candidate),
        source_architecture=hand_off["source_architecture"],
        decoder=hand_off["decoder"],
        preset=cycle.policy.sft.preset,
        hyperparameters=training.hyperparameters,
        overrides=tuple(finished.arguments),
        image=dict(finished.image) if finished.image else None,
        warnings=training.warnings,
        hardware=training.hardware,
        rows=rows,
        digests=TrainingDigests(
            manifest=cycle.manifest_sha256,
            audio=cycle.audio_sha256,
            replay=cycle.replay_sha256,
            policy=cycle.policy.sha256,
        ),
        metrics_per_epoch=tuple(epochs),
        tensorboard=events,
        seconds=round(seconds, 1),
        versions=_versions(),
    )


def _keep_events(training: Training) -> tuple[str, ...]:
    """Copy NeMo's TensorBoard files beside the candidate, and name them."""
    run = training.run
    shutil.rmtree(run.tensorboard, ignore_errors=True)
    for path in sorted(training.log_dir.rglob("events.out.tfevents*")):
        run.tensorboard.mkdir(exist_ok=True)
        shutil.copyfile(path, run.tensorboard / path.name)
    kept = sorted(run.tensorboard.glob("*"))
    return tuple(str(path.relative_to(run.folder)) for path in kept)


def _versions() -> dict[str, str]:
    """Versions of what trained and scored; NeMo's are those of this host's installation."""
    found = {"normalizer": normalize.VERSION}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed here"
    return found
