"""Measure the time to a decision on one GPU: the published recipe beside ours, stage by stage.

    python benchmarks/decision.py
    python benchmarks/decision.py --small
    python benchmarks/decision.py --profile profiles   # ours alone, where each job spends its time

Both fine-tune the stand-in on the same rows for as many epochs, with `tasks/nemo_jobs`, whose defaults
are those of NeMo's stock scripts. Published is the recipe as written, mended only so that it runs: the
base by name, which sleeps 60 s (counted, not waited for), a checkpoint and a `.nemo` an epoch, then the
candidate decoded. Ours is what a cycle runs, and it decodes the comparison model too. No download.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import math
import os
import pstats
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
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
from tasks.jobs.container import job_environment
from tasks.jobs.fork_server import ForkServer, fork

HERE = Path(__file__).resolve()
JOBS = HERE.parents[1] / "tasks" / "nemo_jobs"
EPOCHS, TRAIN_ROWS = 3, 104
BATCH_SIZE = 16  # of the published recipe from 48 GB on, and ours
PROFILES = "DECISION_PROFILES"
SLEEP_SECONDS = 60.0  # of the stock script, before it takes a base by name on one GPU
STAGES = (
    "import", "sleep", "start of a job", "trainer and logs", "restore", "to the GPU", "loaders",
    "first step", "steps", "validation", "checkpoints", "save .nemo", "off the GPU", "decode",
    "end of a job", "all else",
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
    now: Callable[[], float] = time.perf_counter
    inner: list[float] = field(default_factory=lambda: [0.0])

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = self.now()
        self.inner.append(0.0)
        yield
        took, within = self.now() - began, self.inner.pop()
        self.add(name, took - within)
        self.inner[-1] += within

    def add(self, name: str, seconds: float) -> None:
        """Count seconds that were measured elsewhere."""
        self.inner[-1] += seconds
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    def around(self, owner: Any, method: str, name: str) -> None:
        """Time every call of a method."""
        plain = getattr(owner, method)

        def timed(*given: Any, **named: Any) -> Any:
            with self.stage(name):
                return plain(*given, **named)

        setattr(owner, method, timed)


@contextmanager
def profiled(script: str) -> Iterator[None]:
    """Write where the main thread of this process spends its time, if a folder is named for it."""
    folder, profile, before = os.environ.get(PROFILES), cProfile.Profile(), set(sys.modules)
    if folder:
        profile.enable()
    yield
    profile.disable()
    if folder:
        with (Path(folder) / f"{script}.txt").open("w") as lines:
            written = pstats.Stats(profile, stream=lines)
            written.sort_stats("cumulative").print_stats(250)
            written.sort_stats("tottime").print_stats(60)
            print("Imported:", *sorted(set(sys.modules) - before), file=lines)


def as_stock() -> None:
    """Take from the scripts what they do faster than NeMo's own."""
    import batches
    import finetune
    import restoring
    from nemo.core.connectors.save_restore_connector import SaveRestoreConnector

    finetune.prepare_gpu = lambda _: None
    restoring.InArchive = SaveRestoreConnector
    restoring.WithoutRandomWeights = nullcontext
    batches.words_of = lambda *_: None  # NeMo's transcribe()


def run_inside(side: str, script: str, answer: Path, overrides: list[str]) -> None:
    """Run a job in this process with its stages timed."""
    began, clock = time.time(), Clock()
    with clock.stage("import"):
        import lightning.pytorch as pl
        import torch
        from nemo.collections.asr.models import ASRModel
        from nemo.core.classes import ModelPT
        from nemo.utils import exp_manager

    sys.path.insert(0, str(JOBS))
    if side == "stock":
        as_stock()
    clock.around(exp_manager, "exp_manager", "trainer and logs")
    clock.around(ModelPT, "save_to", "save .nemo")
    clock.around(ASRModel, "restore_from", "restore")
    steps: list[float] = []

    class Steps(pl.Callback):
        """Time steps, validations, and what passes until the next one begins."""

        since: float | None = None

        def waited(self, until: float) -> None:
            if self.since is not None:
                clock.add("loaders", until - self.since)
            self.since = None

        def on_train_epoch_start(self, *_: Any) -> None:
            self.since = time.perf_counter()

        def on_train_batch_start(self, *_: Any) -> None:
            self.began = time.perf_counter()
            self.waited(self.began)

        def on_train_batch_end(self, *_: Any) -> None:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.since = time.perf_counter()
            steps.append(self.since - self.began)

        def on_validation_start(self, *_: Any) -> None:
            self.validated = time.perf_counter()
            self.waited(self.validated)

        def on_validation_end(self, *_: Any) -> None:  # before that of the checkpoints
            clock.add("validation", time.perf_counter() - self.validated)

    class Timed(pl.Trainer):
        """A trainer that times what it does."""

        def __init__(self, **named: Any) -> None:
            with clock.stage("trainer and logs"):
                super().__init__(callbacks=[Steps()], **named)
            clock.around(self, "save_checkpoint", "checkpoints")
            clock.around(self.strategy, "model_to_device", "to the GPU")
            clock.around(self.strategy, "teardown", "off the GPU")

    pl.Trainer = Timed
    if script == "finetune":
        import finetune

        finetune.main(overrides)
        clock.seconds |= {"first step": steps[0], "steps": sum(steps[1:])}
    else:
        import archives
        import transcribe

        clock.around(archives, "weights", "restore")  # of the second model, where no more differs
        clock.around(transcribe, "transcribe", "decode")
        transcribe.main(overrides)
    if os.environ.get("LOCAL_RANK", "0") == "0":  # the first of several GPUs
        stages = {"seconds": clock.seconds, "began": began, "ended": time.time()}
        answer.write_text(json.dumps(stages), encoding="utf-8")


class SharedServer:
    """The process of a small run that has imported NeMo, the same for every job, also of threads."""

    fork = staticmethod(partial(fork, sys.executable))


@contextmanager
def nemo_server(
    environment: Mapping[str, str], *, on_cpu: bool
) -> Iterator[ForkServer | SharedServer]:
    """Start a process that imports NeMo, whose time counts; on a CPU there is one for all jobs."""
    if on_cpu:
        yield SharedServer()
    else:
        with closing(ForkServer(sys.executable, environment)) as server:
            yield server


def run_job(
    script: str,
    overrides: list[str],
    work: Path,
    server: ForkServer | SharedServer | None = None,
    environment: Mapping[str, str] = os.environ,
    side: str = "ours",
) -> dict[str, float]:
    """Run a job in a fresh process, or as a cycle does in a fork of one that has imported NeMo.

    Return its stages and, as `all else`, what is left of its time.
    """
    answer, log = work / f"{script}.json", work / f"{script}.log"
    arguments = ["--inside", side, script, str(answer), *overrides]
    imported, began = 0.0, time.time()
    if server:
        with server.fork(HERE, arguments, work, environment) as job:
            imported = (job.pid and time.time()) - began  # it has one once it is forked
            log.write_text(job.stdout.read())
            code = job.wait()
    else:
        command = [sys.executable, str(HERE), *arguments]
        with log.open("w") as lines:
            code = subprocess.run(command, stdout=lines, stderr=lines, check=False).returncode
    ended = time.time()
    if code:
        sys.exit(log.read_text()[-3000:])
    report = json.loads(answer.read_text(encoding="utf-8"))
    stages: dict[str, float] = report["seconds"]
    stages["import"] += imported
    stages["start of a job"] = report["began"] - began - imported
    stages["end of a job"] = ended - report["ended"]
    rounded = {stage: round(seconds, 2) for stage, seconds in stages.items()}
    print(f"{work.name}: {script} {ended - began:.1f} s {rounded}", file=sys.stderr, flush=True)
    return {**stages, "all else": ended - began - sum(stages.values())}


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
    server = SharedServer() if rows.hardware == CPU else None
    tuned = run_job("finetune", render(overrides), work, server, side="stock")
    model = next((work / "run").rglob("*.nemo"))
    decoding = {
        "model_path": model,
        "dataset_manifest": rows.every,
        "output_filename": work / "candidate.jsonl",
        "batch_size": 32,
    }
    decoded = run_job("transcribe", render(decoding), work, server, side="stock")
    return added(tuned, decoded, {"sleep": SLEEP_SECONDS})


def our_overrides(rows: Rows, work: Path, devices: int = 1) -> list[str]:
    """Return the overrides of a cycle's fine-tune on so many GPUs."""
    recipe = Recipe(epochs=rows.epochs, batch_size=rows.batch_size, devices=devices)
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
    return render(overrides)


def ours(rows: Rows, work: Path) -> dict[str, float]:
    """Fine-tune and decode as a cycle does: NeMo imported once, both models decoded in one process."""
    model = work / "run" / "checkpoints" / f"{RUN_NAME}.nemo"
    decodings: list[str] = []
    for name, path in {"comparison": rows.base, "candidate": model}.items():
        output = work / f"{name}.jsonl"
        given = transcribe_overrides(model=path, manifest=rows.every, output=output)
        decodings += ["--", *render(given)]
    environment = os.environ | job_environment("finetune", rows.hardware)
    with nemo_server(environment, on_cpu=rows.hardware == CPU) as server:
        tuned = run_job("finetune", our_overrides(rows, work), work, server, environment)
        decoded = run_job("transcribe", decodings[1:], work, server, environment)
    return added(tuned, decoded) | {"restore of the base": tuned["restore"]}


def table(sides: Mapping[str, Mapping[str, float]], steps: int) -> None:
    """Print each side stage by stage, how published compares, and what could not be saved."""
    totals = {name: sum(times[stage] for stage in STAGES) for name, times in sides.items()}
    print("| Stage, s |", " | ".join(sides), "|")
    print("|---" * (1 + len(sides)) + "|")
    for stage in STAGES:
        print(f"| {stage} |", " | ".join(f"{times[stage]:.1f}" for times in sides.values()), "|")
    theirs, *own = sides
    one_of_each = {}
    for name in own:
        times = sides[name]
        once = {"import": 1, "restore of the base": 1, "save .nemo": 1, "decode": 2}
        least = sum(times[stage] / count for stage, count in once.items())
        one_of_each[name] = least + times["steps"] * steps / max(1, steps - 1)
    rows = {
        "together": totals,
        "one of each": one_of_each,
        "published ÷ ours": {name: totals[theirs] / totals[name] for name in own},
        "ours ÷ one of each": {name: totals[name] / one_of_each[name] for name in own},
    }
    for title, values in rows.items():
        cells = [f"{values[name]:.1f}" if name in values else "" for name in sides]
        print(f"| {title} |", " | ".join(cells), "|", flush=True)


def small_rows(folder: Path) -> Rows:
    """Twelve clips and the reference CTC: NeMo has no TDT loss on a CPU."""
    base = HERE.parents[1] / "reference" / "base-ctc.nemo"
    manifest = stand_in.write_clips(folder, 12 * 3 / 3600, (2.0, 4.0))
    return Rows(base, *divided(manifest, 8), count=8, epochs=1, batch_size=4, hardware=CPU)


def large_rows(folder: Path) -> Rows:
    """130 clips of 2 to 4 s and a stand-in of 0.6B, on the GPU that is here."""
    manifest = stand_in.write_clips(folder, 130 * 3 / 3600, (2.0, 4.0))
    base = stand_in.write_model(folder, small=False)
    parts = divided(manifest, TRAIN_ROWS)
    return Rows(base, *parts, TRAIN_ROWS, EPOCHS, BATCH_SIZE, gpu_here())


def gpu_here() -> Hardware:
    """Describe the first GPU of this host."""
    import torch

    gpu = torch.cuda.get_device_properties(0)
    return Hardware("gpu", gpu.name, gpu.total_memory / 2**30, bf16=True)


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
    parser.add_argument("--profile", type=Path, help="ours alone; the folder for its profiles")
    given = parser.parse_args()
    if given.profile:
        given.profile.mkdir(parents=True, exist_ok=True)
        os.environ[PROFILES] = str(given.profile.resolve())
    if given.small:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    with tempfile.TemporaryDirectory() as folder:
        rows = (small_rows if given.small else large_rows)(Path(folder))
        os.environ["NUMBA_CACHE_DIR"] = f"{folder}/kernels"  # empty, so that the first is a first
        sides = {}
        for name, side in SIDES.items():
            if (given.profile and side is published) or (given.small and name == AGAIN):
                continue
            work = Path(folder) / name.replace(", ", "-")
            work.mkdir()
            sides[name] = side(rows, work)
        if not given.profile:
            table(sides, rows.epochs * math.ceil(rows.count / rows.batch_size))


AGAIN = "ours, again"  # with what the first has compiled; left out of a small run
SIDES = {"published": published, "ours, first": ours, AGAIN: ours}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:  # a job of this script
        side, script, answer = sys.argv[2:5]
        with profiled(script):
            run_inside(side, script, Path(answer), sys.argv[5:])
    else:
        main()
