"""Measure what several GPUs of one host add: decoding in shards, and training as DDP.

    python benchmarks/gpus.py
    python benchmarks/gpus.py --small   # two processes of a CPU

A shard is a job of its own that sees one GPU, as a worker of a pool has it; together they give what one
job gives, which is checked. A training is one job on all GPUs, with as many rows a GPU in a batch.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import stand_in
from decision import (
    BATCH_SIZE,
    HERE,
    Rows,
    divided,
    gpu_here,
    nemo_server,
    our_overrides,
    run_job,
)

from tasks.domain.recipe import (
    CPU,
    assign_shards,
    render,
    transcribe_overrides,
)
from tasks.jobs.container import job_environment


@dataclass(frozen=True)
class Measured:
    """One job or several beside each other; `work` is what they spent in steps or in decoding."""

    took: float
    work: float
    audio: float

    def cells(self) -> str:
        return f"{self.took:.1f} | {self.work:.1f} | {self.audio / self.work:,.0f}"


def decode(
    rows: Sequence[Mapping[str, object]], base: Path, gpus: Sequence[str], work: Path
) -> tuple[Measured, list[str]]:
    """Decode rows in a shard for each GPU; give the words too, in row order."""
    durations = [float(str(row["duration"])) for row in rows]
    shards = assign_shards(durations, len(gpus), BATCH_SIZE)

    def one(gpu: str, shard: Sequence[int], folder: Path) -> float:
        folder.mkdir(parents=True)
        manifest, output = folder / "rows.jsonl", folder / "decoded.jsonl"
        manifest.write_text("".join(json.dumps(rows[row]) + "\n" for row in shard))
        given = transcribe_overrides(
            model=base, manifest=manifest, output=output, batch_size=BATCH_SIZE
        )
        environment = (
            os.environ | job_environment("transcribe", CPU) | {"CUDA_VISIBLE_DEVICES": gpu}
        )
        with nemo_server(environment, on_cpu=not gpu) as server:
            return run_job("transcribe", render(given), folder, server, environment)["decode"]

    folders = [work / f"shard{number}" for number in range(len(gpus))]
    began = time.perf_counter()
    with ThreadPoolExecutor(len(gpus)) as pool:
        worked = list(pool.map(one, gpus, shards, folders))
    took = time.perf_counter() - began
    words = [""] * len(rows)
    for shard, folder in zip(shards, folders, strict=True):
        lines = (folder / "decoded.jsonl").read_text().splitlines()
        for row, line in zip(shard, lines, strict=True):
            words[row] = json.loads(line)["pred_text"]
    return Measured(took, max(worked), sum(durations)), words


def train(rows: Rows, devices: int, work: Path) -> Measured:
    """Train for an epoch on so many GPUs."""
    work.mkdir()
    overrides = our_overrides(rows, work, devices)
    began = time.perf_counter()
    environment = os.environ | job_environment("finetune", rows.hardware)
    with nemo_server(environment, on_cpu=rows.hardware == CPU) as server:
        stages = run_job("finetune", overrides, work, server, environment)
    steps = math.ceil(rows.count / (rows.batch_size * devices)) - 1  # the first compiles
    durations = [json.loads(line)["duration"] for line in rows.train.read_text().splitlines()]
    a_step = rows.batch_size * devices * sum(durations) / len(durations)
    return Measured(time.perf_counter() - began, stages["steps"], steps * a_step)


def large(folder: Path) -> tuple[Rows, Path, list[str]]:
    import torch

    base = stand_in.write_model(folder, small=False)
    parts = divided(stand_in.write_clips(folder, 1.0, (2.0, 4.0)), 1_100)
    rows = Rows(base, *parts, 1_100, 1, BATCH_SIZE, gpu_here())
    clips = folder / "clips"
    clips.mkdir()
    return (
        rows,
        stand_in.write_clips(clips, 4.0),
        [str(n) for n in range(torch.cuda.device_count())],
    )


def small(folder: Path) -> tuple[Rows, Path, list[str]]:
    base = HERE.parents[1] / "reference" / "base-ctc.nemo"
    manifest = stand_in.write_clips(folder, 24 * 3 / 3600, (2.0, 4.0))
    return Rows(base, *divided(manifest, 16), 16, 1, 4, CPU), manifest, ["", ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--small", action="store_true", help="a small CTC on a CPU, trained in two processes"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        os.environ["NUMBA_CACHE_DIR"] = str(folder / "kernels")
        rows, manifest, gpus = (small if given.small else large)(folder)
        clips = [json.loads(line) for line in manifest.read_text().splitlines()]
        for row in clips:
            row["audio_filepath"] = str(manifest.parent / row["audio_filepath"])
        print(f"{len(clips)} clips to decode, {rows.count} to train on", flush=True)
        print("| GPUs | Decode, s | of it decoding | Audio s/s | Words that differ |")
        print("|---|---|---|---|---|")
        alone: list[str] = []
        counts = [count for count in (1, 2, 4, 8) if count <= len(gpus)]
        for count in counts:
            measured, words = decode(clips, rows.base, gpus[:count], folder / f"decode{count}")
            alone = alone or words
            unlike = sum(one != other for one, other in zip(words, alone, strict=True))
            print(f"| {count} | {measured.cells()} | {unlike} |", flush=True)
        print("| GPUs | Train, s | of it steps | Audio s/s |\n|---|---|---|---|")
        for count in counts[-1:] if given.small else counts:
            print(
                f"| {count} | {train(rows, count, folder / f'train{count}').cells()} |", flush=True
            )


if __name__ == "__main__":
    main()
