"""Stage sft: fine-tune the base with NeMo's stock recipe, leave adapted_model.nemo."""

from __future__ import annotations

import math
import os
import shutil
import time
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from tasks.domain.jobs import Finished, Job, JobFailed, Progress, rows_loaded
from tasks.domain.recipe import (
    RUN_NAME,
    Hardware,
    Hyperparameters,
    finetune_overrides,
    resolve_hyperparameters,
)
from tasks.domain.scoring import normalize
from tasks.jobs.runner import fetch_pretrained, local_hardware, run_job
from tasks.jobs.training_metrics import metrics_per_epoch
from tasks.orchestration.stage import log, stage
from tasks.orchestration.work_pool import run_in_pool
from tasks.settings import Settings
from tasks.workspace.locks import locked
from tasks.workspace.paths import Cycle, file_sha256, folds_of, read_json, write_json

RECORDED_PACKAGES = ("nemo_toolkit", "torch", "lightning", "prefect", "jiwer")


@stage("sft", runs_a_job=True)
def fine_tune(cycle: Cycle, pool: str | None = None) -> dict[str, Any]:
    """Train the candidate and any folds, here or in a pool, unless it is done."""
    runs = [*folds_of(cycle), cycle]
    todo = {run.training_info: {"fold": run.fold} for run in runs if not _done(run)}
    if pool is not None and todo:
        run_in_pool("sft", pool, cycle, todo)
    records = [_train_once(run) for run in runs]
    return {**records[-1], "trained": len(todo), "reused": len(runs) - len(todo)}


def _train_once(cycle: Cycle) -> dict[str, Any]:
    with locked(cycle.root, cycle.run):
        info = _done(cycle) or _train(cycle, cycle.run_folder / "work")
        shutil.rmtree(cycle.run_folder / "work", ignore_errors=True)
    return {"run": cycle.run, "rows": info["rows"]["loaded"]}


train = stage("sft", runs_a_job=True, noted=False)(_train_once)
"""The same work as a task of the child flow, of the candidate or of one fold."""


def _done(cycle: Cycle) -> dict[str, Any] | None:
    return read_json(cycle.training_info) if cycle.candidate.exists() else None


def _train(cycle: Cycle, work: Path) -> dict[str, Any]:
    settings = Settings()
    hardware = local_hardware(settings)
    if hardware.accelerator == "cpu" and cycle.base.architecture.decoder == "tdt":
        raise JobFailed(
            f"{cycle.base.architecture.name} is a TDT model and its loss has no CPU path: "
            "fine-tune it on a GPU, or choose a CTC base"
        )
    split = read_json(cycle.run_folder / "split.json")
    if split is None:
        raise JobFailed("these rows are not split yet: run flywheel-cycle with stop_after split")
    rows = split["train_rows"] + split["replay_rows"]
    hyperparameters, warnings = resolve_hyperparameters(cycle.policy.sft, rows, hardware)
    for warning in warnings:
        log().warning("sft: %s", warning)
    if cycle.policy.sft.preset == "smoke":
        shutil.rmtree(work, ignore_errors=True)  # a production run resumes from its checkpoint
    base = cycle.base.path or fetch_pretrained(cycle.base.architecture.name, work, settings)
    began = time.time()
    try:
        done = _run(cycle, base, hyperparameters, hardware, rows, settings)
    except JobFailed as error:
        if not error.out_of_memory or hyperparameters.batch_size == 1:
            raise
        hyperparameters = hyperparameters.halved()
        warnings.append(f"Out of GPU memory: batch halved to {hyperparameters.batch_size}")
        log().warning("sft: %s", warnings[-1])
        shutil.rmtree(work / "run", ignore_errors=True)
        done = _run(cycle, base, hyperparameters, hardware, rows, settings)
    loaded, filtered = rows_loaded(done.lines)
    if loaded is not None and (loaded, filtered) != (rows, 0):
        raise JobFailed(f"{rows} rows were written for training, NeMo loaded {loaded}")
    epochs = metrics_per_epoch(work / "run")
    if any(math.isnan(value) for epoch in epochs for value in epoch.values()):
        raise JobFailed("the loss became NaN: use bf16-mixed or 32, or a lower learning rate")
    os.replace(work / "run" / "checkpoints" / f"{RUN_NAME}.nemo", cycle.candidate)
    info = {
        "base": cycle.base.record() | {"sha256": cycle.base.sha256 or file_sha256(base)},
        "candidate_sha256": file_sha256(cycle.candidate),
        **cycle.base.architecture.hand_off,
        "preset": cycle.policy.sft.preset,
        "hyperparameters": asdict(hyperparameters),
        "overrides": done.arguments,
        "image": done.image,
        "warnings": warnings,
        "hardware": asdict(hardware),
        "rows": {
            "train": split["train_rows"],
            "replay": split["replay_rows"],
            "validation": split["validation_rows"],
            "written": rows,
            "loaded": loaded,
            "filtered": filtered,
        },
        "digests": {
            "manifest": cycle.manifest_sha256,
            "audio": cycle.audio_sha256,
            "replay": cycle.replay_sha256,
            "policy": cycle.policy.sha256,
        },
        "metrics_per_epoch": epochs,
        "seconds": round(time.time() - began, 1),
        "versions": _versions(),
    }
    write_json(cycle.training_info, info)
    return info


def _run(
    cycle: Cycle,
    base: Path,
    hyperparameters: Hyperparameters,
    hardware: Hardware,
    rows: int,
    settings: Settings,
) -> Finished:
    work = cycle.run_folder / "work"
    overrides = finetune_overrides(
        hyperparameters,
        hardware,
        base=base,
        train=cycle.run_folder / "train.jsonl",
        validation=cycle.run_folder / "validation.jsonl",
        log_dir=work / "run",
        rows=rows,
    )

    def report(now: Progress) -> None:
        told = [
            f"{name} {value}"
            for epoch in metrics_per_epoch(work / "run")[-1:]  # of the last validation
            for name, value in epoch.items()
        ]
        left = [] if now.seconds_left is None else [f"{now.seconds_left} s left"]
        place = f"epoch {now.epoch} of {hyperparameters.epochs}, step {now.step} of {now.steps}"
        log().info("sft: %s", ", ".join([place, *told, *left]))

    return run_job(Job("finetune", overrides, work), hardware, settings, report)


def _versions() -> dict[str, str]:
    """Versions of what trained and scored; NeMo's are those of this host's installation."""
    found = {"normalizer": normalize.VERSION}
    for package in RECORDED_PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed here"
    return found
