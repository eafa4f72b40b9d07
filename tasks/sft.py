"""Stage sft: fine-tune the base with NeMo's stock recipe, leave adapted_model.nemo."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from tasks.domain.errors import DamagedFile, InputsChanged, JobFailed, JobFault
from tasks.domain.jobs import ChildRun, Job
from tasks.domain.progress import StageSummary, counted, in_words, reused_of
from tasks.domain.recipe import resolve_hyperparameters
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job
from tasks.jobs.training import Trained, Training, train_seeds
from tasks.logs import log
from tasks.orchestration.stage import stage
from tasks.orchestration.work_pool import run_in_pool
from tasks.records.files import file_sha256, link_atomic, write_record
from tasks.records.record import ModelRecord, read_record
from tasks.records.stages import SeedFigures, TrainedRows, TrainingDigests, TrainingRecord
from tasks.settings import Settings
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.locks import locked
from tasks.workspace.splits import installed_versions, split_of, trained_manifests

DecodedNext = Callable[[Run], Sequence[BaseModel]]  # what is decoded once a run is trained
# What a fine-tune writes, in sizes of its base: the model; in production also the best and the last
# checkpoint, each with two moments of the optimizer.
FILES_OF_BASE_SIZE = {"smoke": 1, "production": 7}


@dataclass(frozen=True)
class TrainingSummary(StageSummary):
    """A finished fine-tune, and the rows that it loaded."""

    run: str
    rows: int | None

    @property
    def words(self) -> str:
        return in_words(self.run, counted(self.rows, "rows"))


@dataclass(frozen=True)
class SftSummary(StageSummary):
    """The candidate's fine-tune, and how many of its cycle's were trained now."""

    run: str
    rows: int | None
    trained: int
    reused: int

    @property
    def words(self) -> str:
        return in_words(
            self.run,
            counted(self.rows, "rows"),
            counted(self.trained, "trained"),
            counted(self.reused, "finished before"),
        )

    @property
    def reuse(self) -> str:
        return reused_of(self.reused, self.trained)


@stage("sft", runs_a_job=True)
def fine_tune(cycle: Cycle, pool: str | None = None, then: DecodedNext | None = None) -> SftSummary:
    """Train the candidate and any folds, here or in a pool, unless it is done.

    A child of the pool goes on with what is decoded `then`, which saves a child.
    """
    todo = [run for run in cycle.runs if not _finished(run) or _averages_missing(run)]
    if pool is not None and todo:
        run_in_pool("sft", pool, cycle, [_child(run, then) for run in todo])
    done = [_train_once(run) for run in cycle.runs][-1]
    return SftSummary(done.run, done.rows, len(todo), len(cycle.runs) - len(todo))


def _child(run: Run, then: DecodedNext | None) -> ChildRun:
    """Describe the child that trains a run."""
    fold = f"fold {run.fold}" if run.fold else ""
    specs = then(run) if then else ()
    parameters = {
        "fold": run.fold,
        "decodings": [spec.model_dump(mode="json") for spec in specs],
    }
    words = f"{len(split_of(run).train)} rows {fold}".strip()
    return ChildRun(words, parameters, str(run.training_info), (run.training_info,))


@stage("sft", runs_a_job=True, timed=False)
def train_run(run: Run) -> TrainingSummary:
    """Train one run, of the candidate or of a fold, as the task of a child flow."""
    return _train_once(run)


def _train_once(run: Run) -> TrainingSummary:
    with locked(run.cycle.root, run.name):
        record = _finished(run) or _train(run)
        if missing := _averages_missing(run):  # shares that the policy names since
            base = run.cycle.base.path or fetch_pretrained(record.base.name, run.work, Settings())
            _leave_averages(run, base, missing)
        shutil.rmtree(run.work, ignore_errors=True)
    return TrainingSummary(run.name, record.rows.loaded)


def _finished(run: Run) -> TrainingRecord | None:
    there = run.candidate.exists() and (not run.cycle.policy.arms or run.arm(0.0).exists())
    return read_record(run.training_info, TrainingRecord) if there else None


def _averages_missing(run: Run) -> list[float]:
    return [share for share in run.cycle.policy.shares if not run.arm(share).exists()]


def _train(run: Run) -> TrainingRecord:
    settings, began = Settings(), time.time()
    seeds = train_seeds(_prepare(run, settings), settings)
    _leave_candidate(seeds)
    record = _record(seeds, time.time() - began)
    write_record(run.training_info, record)
    return record


def _leave_candidate(seeds: Sequence[Trained]) -> None:
    """Leave the fine-tune, averaged with its base as the policy asks, and other averages beside it.

    The fine-tune of several seeds is the average of theirs.
    """
    training = seeds[0].training
    run, base, share = training.run, training.base, training.hyperparameters.base_share
    model = _mean(run, [one.model for one in seeds])
    if not run.cycle.policy.arms:
        os.replace(_averaged(run, base, model, share) if share else model, run.candidate)
        return
    run.arm(0.0).parent.mkdir(exist_ok=True)
    os.replace(model, run.arm(0.0))
    _leave_averages(run, base, [one for one in run.cycle.policy.shares if one])
    link_atomic(run.arm(share), run.candidate)


def _leave_averages(run: Run, base: Path, shares: Sequence[float]) -> None:
    """Leave the run's fine-tune averaged with each of these shares of its base."""
    for share in shares:
        os.replace(_averaged(run, base, run.arm(0.0), share), run.arm(share))


def _averaged(run: Run, base: Path, model: Path, share: float) -> Path:
    """Average a fine-tune with this share of its base."""
    return _average(run, {"model": model, "base": base, "share": str(share)}, "averaged.nemo")


def _mean(run: Run, models: Sequence[Path]) -> Path:
    """Average fine-tunes with each other; a single one is as it is."""
    if len(models) == 1:
        return models[0]
    numbered = {f"model{number}": model for number, model in enumerate(models, start=1)}
    return _average(run, numbered, "mean.nemo")


def _average(run: Run, overrides: Mapping[str, object], name: str) -> Path:
    settings, output = Settings(), run.work / name
    job = Job("average", {**overrides, "output": output}, run.work)
    run_job(job, local_hardware(settings), settings)
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
    if not run.split.exists():
        raise DamagedFile("these rows are not split yet: run flywheel-cycle with stop_after split")
    split = split_of(run)
    if recipe.preset == "smoke" and recipe.seeds == 1:
        shutil.rmtree(run.work, ignore_errors=True)  # a production run resumes from its checkpoint
    path = base.path or fetch_pretrained(base.architecture.name, run.work, settings)
    manifests = trained_manifests(run, split, path)
    if base.path is None:
        for name, sentence in manifests.sentences.items():
            log().info("sft: %s: %s", name, sentence)
    hyperparameters, warnings = resolve_hyperparameters(recipe, manifests.rows, hardware)
    for warning in warnings:
        log().warning("sft: %s", warning)
    return Training(run, run.work, path, hardware, hyperparameters, tuple(warnings), manifests)


def _check_disk(run: Run) -> None:
    """Raise JobFailed where the disk cannot hold what the fine-tune writes beside its base."""
    base, recipe = run.cycle.base.path, run.cycle.policy.sft
    if base is None:  # it is fetched first
        return
    averages = 1 + (recipe.seeds > 1) + len(run.cycle.policy.shares)
    files = FILES_OF_BASE_SIZE[recipe.preset] * recipe.seeds + averages
    needed = files * base.stat().st_size
    free = shutil.disk_usage(run.cycle.root).free
    if free < needed:
        raise JobFailed(
            f"this fine-tune writes about {needed / 1e9:.1f} GB, and {run.cycle.root} has "
            f"{free / 1e9:.1f} GB left: make room, or choose another disk",
            JobFault.DISK_FULL,
        )


def _record(seeds: Sequence[Trained], seconds: float) -> TrainingRecord:
    trained, training = seeds[0], seeds[0].training
    run, manifests, cycle = training.run, training.manifests, training.run.cycle
    base = cycle.base.record()
    hand_off = cycle.base.architecture.hand_off
    return TrainingRecord(
        base=ModelRecord(
            name=base.name, path=base.path, sha256=base.sha256 or file_sha256(training.base)
        ),
        candidate_sha256=file_sha256(run.candidate),
        source_architecture=hand_off["source_architecture"],
        decoder=hand_off["decoder"],
        preset=cycle.policy.sft.preset,
        hyperparameters=training.hyperparameters,
        overrides=trained.overrides,
        image=trained.image,
        warnings=tuple(dict.fromkeys(one for seed in seeds for one in seed.training.warnings)),
        hardware=training.hardware,
        rows=TrainedRows(
            train=manifests.train_rows,
            replay=manifests.replay_rows,
            validation=manifests.validation_rows,
            written=training.rows,
            loaded=trained.loaded,
            filtered=trained.filtered,
            rewritten=sum(one.rewritten for one in manifests.spelling.sets),
            refused=sum(len(one.refused) for one in manifests.spelling.sets),
        ),
        spelling=manifests.spelling,
        digests=TrainingDigests(
            manifest=cycle.manifest_sha256,
            audio=cycle.audio_sha256,
            replay=cycle.replay_sha256,
            policy=cycle.policy.sha256,
            split=manifests.split_sha256,
        ),
        metrics_per_epoch=tuple(trained.epochs),
        seeds=tuple(
            SeedFigures(seed=one.training.hyperparameters.seed, metrics_per_epoch=tuple(one.epochs))
            for one in seeds
            if len(seeds) > 1
        ),
        tensorboard=_keep_events(run, [one.training for one in seeds]),
        seconds=round(seconds, 1),
        versions=installed_versions(),
    )


def _keep_events(run: Run, seeds: Sequence[Training]) -> tuple[str, ...]:
    """Copy NeMo's TensorBoard files beside the candidate, a folder a seed, and name them."""
    shutil.rmtree(run.tensorboard, ignore_errors=True)
    for training in seeds:
        folder = run.tensorboard / training.work.relative_to(run.work)
        for path in sorted(training.log_dir.rglob("events.out.tfevents*")):
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path.name)
    kept = sorted(path for path in run.tensorboard.rglob("*") if path.is_file())
    return tuple(str(path.relative_to(run.folder)) for path in kept)
