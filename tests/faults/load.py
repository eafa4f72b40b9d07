"""Measure cycles on fakes under load: seconds, peak memory, and whether everything is whole after.

    python tests/faults/load.py rows --count 100000 --terms 20000 --policy "folds: 5"
    python tests/faults/load.py sweep --workspaces 200 --cycles 5
    python tests/faults/load.py runs --count 50
    python tests/faults/load.py pool --workspaces 26 --gpus 2

`rows`: one cycle of many rows. `sweep`: one sweep over many cycles, most of them decided. `runs`: one
cycle, started so many times at once. `pool`: a sweep of cycles that are due, by the workers of
`make up` at port 4300. Run it alone on its machine; `--out` comes before the load's name.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import time
import wave
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

from tests.conftest import CATEGORIES, FIELDS, write_fake_model

Figures = dict[str, Any]
POLICY = "base: base.nemo\ndecide: {open_guard: keep}\nboost: off\n"


def write_rows(root: Path, rows: int, terms: int, policy: str) -> Path:
    """Write a workspace of so many rows and terms, a clip of a tenth of a second each."""
    audio = root / "cycle1/audio"
    audio.mkdir(parents=True)
    with (root / "cycle1/manifest.jsonl").open("w") as manifest:
        for number in range(rows):
            with wave.open(str(audio / f"{number}.wav"), "wb") as clip:
                clip.setnchannels(1)
                clip.setsampwidth(2)
                clip.setframerate(16_000)
                clip.writeframes(number.to_bytes(4, "little") * 800)
            term = f"term{number % terms}"
            fields = FIELDS | {
                "audio_filepath": f"audio/{number}.wav",
                "duration": 0.1,
                "term": term,
                "text": f"please start {term} today, number {number}",
                "entity_category": CATEGORIES[number % terms % len(CATEGORIES)],
                "voice_id": f"voice{number % 50}",
            }
            manifest.write(json.dumps(fields) + "\n")
    (root / "flywheel.yaml").write_text(POLICY + policy)
    write_fake_model(root / "base.nemo", 0.8)
    return root


@contextmanager
def measured(figures: Figures) -> Iterator[None]:
    """Add seconds, those of its CPU time, and the peak memory of this process: its first work."""
    began = time.monotonic()
    yield
    figures["seconds"] = round(time.monotonic() - began, 1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures["cpu_seconds"] = round(used.ru_utime + used.ru_stime, 1)
    figures["peak_mb"] = used.ru_maxrss // 1024


def in_a_process(target: Any, *arguments: Any) -> Any:
    """Run in a process of its own and return what it returns, so that memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(target, arguments)


def run_cycle(root: Path, environment: dict[str, str], number: int = 1) -> Figures:
    """Run a cycle from its flags to its summary."""
    os.environ.update(environment)
    from flows.commands.cycle import CycleFlags, run

    figures: Figures = {}
    with measured(figures):
        run(CycleFlags(workspace=root, cycle=number))
    return figures


def rows(out: Path, api: dict[str, str], count: int, terms: int, policy: str) -> Figures:
    """Decide one cycle of many rows; the fakes' own time is beside that of the whole."""
    root = write_rows(out / "rows", count, terms, policy)
    figures = in_a_process(run_cycle, root, trials.ENVIRONMENT | api)
    lines = (root / "cycle1/stages.jsonl").read_text().splitlines()
    figures["stages"] = [(one["stage"], one["seconds"]) for one in map(json.loads, lines)]
    figures["verdict"] = (trials.decision(root) or {}).get("verdict")
    figures["wrong"] = trials.left_behind(root)
    figures["again"] = in_a_process(run_cycle, root, trials.ENVIRONMENT | api)
    return figures


def sweep(out: Path, api: dict[str, str], workspaces: int, cycles: int, due: int) -> Figures:
    """Sweep workspaces of so many cycles that are all decided, but one in each of `due` of them."""
    environment = trials.ENVIRONMENT | api
    done = trials.write_flywheel(out / "decided")
    new = shutil.copytree(done, out / "new")
    for number in range(1, 2 * cycles, 2):  # the transcripts of each are in the folder after it
        if number > 1:
            inputs = shutil.ignore_patterns(
                "decoded", "models", "*.csv", "*.md", "*.html", "*.json"
            )
            shutil.copytree(new / "cycle1", done / f"cycle{number}", ignore=inputs)
        in_a_process(run_cycle, done, environment, number)
    roots = [out / f"w{number}" for number in range(workspaces)]
    for number, root in enumerate(roots):
        shutil.copytree(new if number < due else done, root)
    figures: Figures = in_a_process(run_sweep, roots, environment)
    figures["wrong"] = [wrong for root in roots if (wrong := not_whole(root))]
    return figures


def run_sweep(roots: list[Path], environment: dict[str, str]) -> Figures:
    """Sweep workspaces in this process."""
    os.environ.update(environment)
    from flows.sweep import flywheel_sweep

    figures: Figures = {}
    with measured(figures):
        figures["message"] = flywheel_sweep(roots, return_state=True).message
    return figures


def runs(out: Path, api: dict[str, str], count: int) -> Figures:
    """Start the command of one cycle so many times at once; one decides, the others leave it."""
    root = trials.write_flywheel(out / "runs", seconds=20)
    figures: Figures = {}
    began = time.monotonic()
    started = [trials.start(root, **api) for _ in range(count)]
    figures["exit codes"] = Counter(process.wait() for process in started)
    figures["seconds"] = round(time.monotonic() - began, 1)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    log = root.with_suffix(".log").read_text()
    figures["busy"] = log.count("is being run by another process")
    figures["tracebacks"] = log.count("Traceback")
    figures["wrong"] = trials.left_behind(root) or not_whole(root)
    return figures


def pool(out: Path, api: dict[str, str], workspaces: int, gpus: int) -> Figures:
    """Sweep workspaces of one due cycle each through pools, with a worker for each of so many GPUs."""
    roots = [trials.write_flywheel(out / f"team{n:02d}/drugs") for n in range(workspaces)]
    state = {"FLYWHEEL_STATE": str(out / "state"), "PORT": "4300", "GPUS": str(gpus)}
    environment = os.environ | trials.ENVIRONMENT | state
    given = environment | {"VENV": sys.prefix, "PREFECT_HOME": state["FLYWHEEL_STATE"]}
    parameters = ["-p", f"workspaces={json.dumps([str(root) for root in roots])}", "-p", "pool=gpu"]
    run = ["deployment", "run", "flywheel-sweep/nightly", "--watch", *parameters]
    call = partial(subprocess.run, cwd=ROOT, env=given, check=True, capture_output=True)
    call(["deployments/up.sh"])
    try:
        figures: Figures = {}
        with measured(figures):
            call([sys.executable, "-m", "prefect", "--no-prompt", *run])
    finally:
        call(["deployments/down.sh"])
    figures["decided"] = sum((root / "cycle2/decision.json").is_file() for root in roots)
    figures["wrong"] = [wrong for root in roots if (wrong := not_whole(root))]
    return figures


def not_whole(root: Path) -> str:
    """Return which file of a swept workspace is cut, still locked, or in use; empty where none is."""
    from tasks.workspace.ledger import read_ledger
    from tasks.workspace.locks import locked

    if not read_ledger(root):
        return f"{root}: no ledger"
    for lock in (root / ".locks").iterdir():
        with locked(root, lock.name, wait=False):
            pass
    return ", ".join([*trials.left_over(root), *trials.processes_of(root)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "runs/load")
    kinds = parser.add_subparsers(dest="what", required=True)
    for load, flags in (
        (rows, {"count": 100_000, "terms": 20_000, "policy": ""}),
        (sweep, {"workspaces": 200, "cycles": 5, "due": 10}),
        (runs, {"count": 50}),
        (pool, {"workspaces": 26, "gpus": 2}),
    ):
        kind = kinds.add_parser(load.__name__, help=load.__doc__)
        kind.set_defaults(load=load)
        for name, default in flags.items():
            kind.add_argument(f"--{name}", type=type(default), default=default)
    given = vars(parser.parse_args())
    out, load = given.pop("out"), given.pop("load")
    out = out / given.pop("what")
    shutil.rmtree(out, ignore_errors=True)
    with trials.server(out / "server") as api:
        print(json.dumps(load(out, api, **given), indent=2))
