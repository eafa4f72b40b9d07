"""Measure the time to a decision on one GPU: the published recipe beside ours, stage by stage.

    python benchmarks/decision.py
    python benchmarks/decision.py --small

Both fine-tune the stand-in on the same rows for as many epochs, with `tasks/nemo_jobs`, whose defaults
are those of NeMo's stock scripts. Published is the recipe as written, mended only so that it runs: the
base by name, which sleeps 60 s (counted, not waited for), a checkpoint and a `.nemo` an epoch, then the
candidate decoded. Ours is what a cycle runs, and it decodes the comparison model too. No download.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stand_in

from tasks.domain.policy import Recipe
from tasks.domain.recipe import (
    CPU,
    RUN_NAME,
    Hardware,
    finetune_overrides,
    render,
    resolve_hyperparameters,
    transcribe_overrides,
)
from tasks.jobs.fork_server import fork

HERE = Path(__file__).resolve()
JOBS = HERE.parents[1] / "tasks" / "nemo_jobs"
EPOCHS, TRAIN_ROWS = 3, 104
BATCH_SIZE = 16  # of the published recipe from 48 GB on, and ours
SLEEP_SECONDS = 60.0  # of the stock script, before it takes a base by name on one GPU
STAGES = (
    "import", "sleep", "restore", "first step", "steps", "validation", "checkpoints", "save .nemo",
    "decode", "all else",
)  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """What both sides are given; `count` is of the rows to train."""

    base: Path
    train: Path
    validation: Path
    every: Path
    count: int
    epochs: int
    batch_size: int
    hardware: Hardware


@dataclass
class Clock:
    """Seconds by stage, of this process; a stage within another counts once, for itself."""

    seconds: dict[str, float] = field(default_factory=dict)
    inner: list[float] = field(default_factory=lambda: [0.0])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        self.inner.append(0.0)
        yield
        took, within = time.perf_counter() - began, self.inner.pop()
        self.inner[-1] += took
        self.seconds[name] = self.seconds.get(name, 0.0) + took - within

    def around(self, owner: Any, method: str, name: str) -> None:
        """Time every call of a method."""
        plain = getattr(owner, method)

        def timed(*given: Any, **named: Any) -> Any:
            with self.stage(name):
                return plain(*given, **named)

        setattr(owner, method, timed)


def run_inside(script: str, answer: Path, overrides: list[str]) -> None:
    """Run a job in this process with its stages timed."""
    clock = Clock()
    with clock.stage("import"):
        import lightning.pytorch as pl
        import torch
        from nemo.collections.asr.models import ASRModel
        from nemo.core.classes import ModelPT

    sys.path.insert(0, str(JOBS))
    clock.around(ModelPT, "save_to", "save .nemo")
    clock.around(ASRModel, "restore_from", "restore")
    steps: list[float] = []

    class Steps(pl.Callback):
        """Time steps and validations."""

        def on_train_batch_start(self, *_: Any) -> None:
            self._began = time.perf_counter()

        def on_train_batch_end(self, *_: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            steps.append(time.perf_counter() - self._began)

        def on_validation_start(self, *_: Any) -> None:
            self._validated = time.perf_counter()

        def on_validation_end(self, *_: Any) -> None:  # before that of the checkpoints
            took = time.perf_counter() - self._validated
            clock.seconds["validation"] = clock.seconds.get("validation", 0.0) + took

    class Timed(pl.Trainer):
        """A trainer that times what it does."""

        def __init__(self, **named: Any) -> None:
            super().__init__(callbacks=[Steps()], **named)
            clock.around(self, "save_checkpoint", "checkpoints")

    pl.Trainer = Timed
    if script == "finetune":
        import finetune

        finetune.main(overrides)
        clock.seconds |= {"first step": steps[0], "steps": sum(steps[1:])}
    else:
        import transcribe

        clock.around(transcribe, "hear", "decode")
        transcribe.main(overrides)
    answer.write_text(json.dumps(clock.seconds), encoding="utf-8")


def run_job(
    script: str, overrides: list[str], work: Path, *, forked: bool = False
) -> dict[str, float]:
    """Run a job in a fresh process, or as a cycle does in a fork of one that has imported NeMo.

    Give its stages and, as `all else`, what is left of its time.
    """
    answer, log = work / f"{script}.json", work / f"{script}.log"
    arguments = ["--inside", script, str(answer), *overrides]
    imported, began = 0.0, time.perf_counter()
    if forked:
        with fork(sys.executable, HERE, arguments, work, os.environ) as job:
            imported = (job.pid and time.perf_counter()) - began  # it has one once it is forked
            log.write_text(job.stdout.read())
            code = job.wait()
    else:
        command = [sys.executable, str(HERE), *arguments]
        with log.open("w") as lines:
            code = subprocess.run(command, stdout=lines, stderr=lines, check=False).returncode
    took = time.perf_counter() - began
    if code:
        sys.exit(log.read_text()[-3000:])
    stages = json.loads(answer.read_text(encoding="utf-8"))
    stages["import"] += imported
    print(f"{work.name}: {script} {took:.1f} s {stages}", file=sys.stderr, flush=True)
    return {**stages, "all else": took - sum(stages.values())}


def added(*jobs: Mapping[str, float]) -> dict[str, float]:
    """Add the stages of jobs that follow each other."""
    return {stage: sum(job.get(stage, 0.0) for job in jobs) for stage in STAGES}


def published(rows: Rows, work: Path) -> dict[str, float]:
    """Fine-tune with the stock defaults and the published values, then decode the candidate."""
    overrides = {
        "init_from_nemo_model": rows.base,
        "name": RUN_NAME,
        "model.train_ds.manifest_filepath": rows.train,
        "model.train_ds.batch_size": rows.batch_size,
        "model.validation_ds.manifest_filepath": rows.validation,
        "model.validation_ds.batch_size": rows.batch_size,
        "model.optim.lr": 3e-4,
        "model.optim.sched.warmup_steps": 5,
        "trainer.max_epochs": rows.epochs,
        "trainer.devices": 1,
        "trainer.precision": "bf16-mixed" if rows.hardware.bf16 else 32,
        "trainer.gradient_clip_val": 1.0,
        "exp_manager.exp_dir": work / "run",
    }
    if rows.hardware.accelerator == "cpu":
        overrides |= {"trainer.accelerator": "cpu", "trainer.strategy": "auto"}
        overrides |= {"trainer.sync_batchnorm": False}
    tuned = run_job("finetune", render(overrides), work)
    model = next((work / "run").rglob("*.nemo"))
    decoding = {
        "model_path": model,
        "dataset_manifest": rows.every,
        "output_filename": work / "candidate.jsonl",
    }
    heard = run_job("transcribe", render(decoding), work)
    return added(tuned, heard, {"sleep": SLEEP_SECONDS})


def ours(rows: Rows, work: Path) -> dict[str, float]:
    """Fine-tune and decode as a cycle does: NeMo imported once, both models decoded in one process."""
    recipe = Recipe(epochs=rows.epochs, batch_size=rows.batch_size)
    values, _ = resolve_hyperparameters(recipe, rows.count, rows.hardware)
    overrides = finetune_overrides(
        values,
        rows.hardware,
        base=rows.base,
        train=rows.train,
        validation=rows.validation,
        log_dir=work / "run",
        rows=rows.count,
    )
    tuned = run_job("finetune", render(overrides), work, forked=True)
    model = work / "run" / "checkpoints" / f"{RUN_NAME}.nemo"
    decodings: list[str] = []
    for name, path in {"comparison": rows.base, "candidate": model}.items():
        output = work / f"{name}.jsonl"
        given = transcribe_overrides(model=path, manifest=rows.every, output=output)
        decodings += ["--", *render(given)]
    heard = run_job("transcribe", decodings[1:], work, forked=True)
    return added(tuned, heard)


def table(theirs: Mapping[str, float], own: Mapping[str, float], steps: int) -> None:
    """Print both sides stage by stage, their ratio, and what could not be saved."""
    print("| Stage, s | Published | Ours |\n|---|---|---|")
    for stage in STAGES:
        print(f"| {stage} | {theirs[stage]:.1f} | {own[stage]:.1f} |")
    total, least = sum(own.values()), 0.0
    print(f"| together | {sum(theirs.values()):.1f} | {total:.1f} |")
    for stage, times in {"import": 1, "restore": 3, "save .nemo": 1, "decode": 2}.items():
        least += own[stage] / times
    least += own["steps"] * steps / max(1, steps - 1)
    print(f"| one of each | | {least:.1f} |")
    print(f"| published ÷ ours | | {sum(theirs.values()) / total:.1f} |")
    print(f"| ours ÷ one of each | | {total / least:.1f} |", flush=True)


def small_rows(folder: Path) -> Rows:
    """Twelve clips and the reference CTC: NeMo has no TDT loss on a CPU."""
    base = HERE.parents[1] / "reference" / "base-ctc.nemo"
    manifest = stand_in.write_clips(folder, 12 * 3 / 3600, (2.0, 4.0))
    return Rows(base, *divided(manifest, 8), count=8, epochs=1, batch_size=4, hardware=CPU)


def large_rows(folder: Path) -> Rows:
    """130 clips of 2 to 4 s and a stand-in of 0.6B, on the GPU that is here."""
    import torch

    gpu = torch.cuda.get_device_properties(0)
    hardware = Hardware("gpu", gpu.name, gpu.total_memory / 2**30, bf16=True)
    manifest = stand_in.write_clips(folder, 130 * 3 / 3600, (2.0, 4.0))
    base = stand_in.write_model(folder, small=False)
    parts = divided(manifest, TRAIN_ROWS)
    return Rows(base, *parts, TRAIN_ROWS, EPOCHS, BATCH_SIZE, hardware)


def divided(manifest: Path, train: int) -> tuple[Path, Path, Path]:
    """Write the manifests to train, to validate and to decode, with absolute paths."""
    rows = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        row["audio_filepath"] = str(manifest.parent / row["audio_filepath"])
    paths = []
    for name, part in {"train": rows[:train], "validation": rows[train:], "all": rows}.items():
        paths.append(manifest.with_name(f"{name}.jsonl"))
        paths[-1].write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    return paths[0], paths[1], paths[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a small CTC, for a CPU")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = (small_rows if given.small else large_rows)(Path(folder))
        sides = []
        for side in (ours, published):
            work = Path(folder) / side.__name__
            work.mkdir()
            sides.append(side(rows, work))
        table(sides[1], sides[0], rows.epochs * math.ceil(rows.count / rows.batch_size))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:  # a job of this script: script, answer, overrides
        run_inside(sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
    else:
        main()
