"""Measure fine-tunes of the 0.6B stand-in beside each other on one GPU: seconds, and memory at its peak.

    PYTHONPATH=. python benchmarks/beside.py --counts 1 3 6
    PYTHONPATH=. python benchmarks/beside.py --small   # the reference CTC on a CPU

As `sft: {seeds: 3}` trains them: forks of one process that has imported NeMo, each with its own seed. The
first count is run twice, since the first fine-tune compiles the loss.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from decision import Rows, SharedServer, large_rows, our_overrides, run_job, small_rows

from tasks.jobs.container import job_environment

SMI = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]


@contextmanager
def watched_memory() -> Iterator[list[float]]:
    """Collect what the first GPU has in use, in GiB, until the block ends; nothing without a GPU."""
    seen, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.2):
            try:
                used = subprocess.run(SMI, capture_output=True, text=True, check=True).stdout
            except (OSError, subprocess.CalledProcessError):
                return
            seen.append(float(used.split()[0]) / 1024)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield seen
    finally:
        ended.set()
        watcher.join()


def beside(rows: Rows, count: int, work: Path) -> tuple[float, float]:
    """Fine-tune so many at once; return the seconds, without the import, and the most memory."""
    environment = os.environ | job_environment("finetune", rows.hardware)
    folders = [work / str(number) for number in range(count)]
    for folder in folders:
        folder.mkdir(parents=True)
    train = partial(run_job, "finetune", server=SharedServer(), environment=environment)
    with ThreadPoolExecutor(count) as pool, watched_memory() as memory:
        began = time.monotonic()
        jobs = list(pool.map(lambda one: train(our_overrides(rows, one), one), folders))
        seconds = time.monotonic() - began
    return seconds - max(job["import"] for job in jobs), max(memory)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="*", default=[1, 3])
    parser.add_argument("--small", action="store_true", help="a small CTC, for a CPU")
    given = parser.parse_args()
    if given.small:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    print("| Fine-tunes at once | Seconds | Of one | Memory, GiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        rows = (small_rows if given.small else large_rows)(Path(folder))
        os.environ["NUMBA_CACHE_DIR"] = f"{folder}/kernels"
        one = None
        for place, count in enumerate([given.counts[0], *given.counts]):
            seconds, memory = beside(rows, count, Path(folder) / f"run{place}")
            one = seconds if one is None or place == 1 else one
            first = ", the first" if place == 0 else ""
            print(
                f"| {count}{first} | {seconds:.1f} | {seconds / one:.2f} | {memory:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
