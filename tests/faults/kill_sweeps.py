"""Kill a sweep that builds its next cycles, on fakes; the same command must then leave what it would have.

    python tests/faults/kill_sweeps.py --kills 30 --out runs/kill_sweeps

The sweep has two workspaces whose first cycle asks for more rows: one builds a second cycle and runs it, and
both say why they go no further. A kill is SIGKILL of the process, of its group, or of a NeMo job,
at a random moment; one that finds nothing left to kill does not count. A trial is good when the same
command, run until it ends, leaves both workspaces as undisturbed: decisions but for times, manifests
and clips to the byte, the same ledger lines, a ledger that everything follows from, no process and no file
half written. Run once more with the same `--out` and another `--seed`, it goes on with the same undisturbed
sweep.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from kill_cycles import ATTEMPTS, WAYS, kill_job
from kill_makers import left
from trials import ROOT

BUILD = "build: {rows_per_term: 1, audition: off, engines: [{voices: [en-us]}]}\n"
TERMS = "term,entity_category\n" + "".join(f"newdrug{letter},drug\n" for letter in "abcdefgh")
LAST_CYCLES = {"first": 2, "second": 1}
NAMES = tuple(LAST_CYCLES)
MISSES = "0.7"  # of a fine-tune, whose base misses 0.8: too little a drop to keep it


def write(folder: Path) -> Path:
    """Write both workspaces into a folder."""
    for name, last in LAST_CYCLES.items():
        policy = f"{BUILD}advance: {{max_cycles: {last}}}\n"
        root = trials.write_flywheel(folder / name, policy=policy, seconds=0.5)
        (root / "terms.csv").write_text(TERMS)
    return folder


def start(folder: Path, api: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own; its output goes behind its log."""
    roots = [str(folder / name) for name in NAMES]
    command = [sys.executable, "-m", "flows.sweep", *roots, "--advance"]
    environment = os.environ | trials.ENVIRONMENT | api | {"FAKE_MISSES": MISSES}
    with folder.with_suffix(".log").open("ab") as file:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=environment, start_new_session=True,
        )  # fmt: skip


def wait_for_work(process: subprocess.Popen[bytes], folder: Path) -> None:
    while process.poll() is None and not (folder / NAMES[0] / ".locks").exists():
        time.sleep(0.01)


def state(folder: Path) -> dict[str, Any]:
    """Return what both workspaces hold but for times and what jobs took."""
    return {name: left(folder / name) for name in NAMES}


def trial(folder: Path, way: str, at: float, api: dict[str, str]) -> tuple[str, str]:
    """Kill one sweep, `at` seconds after its work began, and run it again until it ends.

    Returns where it was hit, empty where there was nothing left to kill, and what is wrong.
    """
    process = start(folder, api)
    wait_for_work(process, folder)
    time.sleep(at)
    where = progress(folder)
    alive: list[Any] = []
    if way == "job":
        hit = kill_job(process, folder)
        code = process.wait()
    else:
        hit = process.poll() is None
        alive = trials.still_alive(trials.kill(process, group=way == "group"))
        code = process.returncode
    if alive:
        return where, f"outlived the kill: {alive}"
    attempts = 0
    while code and (attempts := attempts + 1) <= ATTEMPTS:
        code = start(folder, api).wait()
    return where if hit else "", f"exit code {code} after {ATTEMPTS} more runs" if code else ""


def progress(folder: Path) -> str:
    """Name how far the sweep is: the ledger lines of both workspaces."""
    texts = []
    for name in NAMES:
        ledger = folder / name / "ledger.jsonl"
        texts.append(str(len(ledger.read_text().splitlines()) if ledger.exists() else 0))
    return f"after {' and '.join(texts)} ledger lines"


def wrong_with(folder: Path, right: dict[str, Any]) -> str:
    """Return what differs from the undisturbed sweep, or was left over; empty where nothing is."""
    from tasks.workspace.verified import ledger_faults

    found, wrong = state(folder), list[str]()
    for name in NAMES:
        root, own, other = folder / name, found[name], right[name]
        wrong += [f"{name}/{key}" for key in own | other if own.get(key) != other.get(key)]
        wrong += [*ledger_faults(root), *trials.left_over(root), *trials.processes_of(root)]
    return ", ".join(wrong)


def undisturbed(out: Path, api: dict[str, str]) -> float:
    """Run a sweep to its end, unless an earlier run of this script did; return its seconds."""
    folder, noted = out / "w", out / "seconds"
    shutil.rmtree(folder, ignore_errors=True)
    if not noted.exists():
        shutil.rmtree(out / "prepared", ignore_errors=True)
        shutil.rmtree(out / "whole", ignore_errors=True)
        shutil.copytree(write(out / "prepared"), folder)
        process = start(folder, api)
        wait_for_work(process, folder)
        began = time.monotonic()
        if process.wait():
            raise SystemExit(folder.with_suffix(".log").read_text())
        seconds = time.monotonic() - began
        folder.rename(out / "whole")
        noted.write_text(str(seconds))
    return float(noted.read_text())


def main(kills: int, seed: int, out: Path) -> int:
    """Print a line a kill; return the number of trials that did not end well."""
    folder, rng = out / "w", random.Random(seed)
    counts: Counter[str] = Counter()
    bad = 0
    with trials.server(out / "server") as api:
        seconds = undisturbed(out, api)
        right = state(out / "whole")
        print(f"undisturbed: {progress(out / 'whole')}, {seconds:.1f} s", flush=True)
        while counts.total() < kills:
            shutil.copytree(out / "prepared", folder)
            way, at = WAYS[counts.total() % len(WAYS)], rng.uniform(0, seconds)
            where, wrong = trial(folder, way, at, api)
            wrong = wrong or wrong_with(folder, right)
            shown = f"{counts.total():3d} | {way:7s} | {at:4.1f} s | {where or 'it had ended':28s}"
            print(f"{shown} | {wrong or 'as undisturbed'}", flush=True)
            counts[way] += bool(where)
            bad += bool(wrong)
            if wrong:
                shutil.copytree(folder, out / f"seed{seed}-{counts.total()}", symlinks=True)
            shutil.rmtree(folder)
    ways = ", ".join(f"{count} of the {way}" for way, count in counts.items())
    print(f"{kills} kills ({ways}), {bad} did not end as undisturbed")
    return min(bad, 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_sweeps")
    sys.exit(main(**vars(parser.parse_args())))
