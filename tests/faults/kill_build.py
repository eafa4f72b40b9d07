"""Kill a build at random moments; the same command must then leave what an undisturbed one leaves.

    python tests/faults/kill_build.py --kills 20 --rows 200 --out runs/kill_build

A kill is SIGKILL, of the process and of its group in turn. A trial is good when the same command, run
again until it ends, has made just the clips that were not there, and leaves the manifest and the clips
of the undisturbed build to the byte, one ledger line, no process and no file half written.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

from tasks.records.build import BuildRecord
from tasks.records.files import file_sha256
from tasks.records.record import read_record

ROWS_A_TERM = 8


def write_list(root: Path, rows: int) -> Path:
    """Make a workspace that asks for so many rows."""
    root.mkdir(parents=True)
    terms = [f"{first}{last},drug" for last in ("mycin", "olol", "prazole", "statin") for first in
             ("tri", "ome", "sero", "cando", "velu", "pano", "lexi", "hydro", "gani", "mori",
              "dena", "folu", "kera", "nabi", "riso", "tova", "zela", "bori", "cami")]  # fmt: skip
    (root / "terms.csv").write_text(
        "\n".join(["term,entity_category", *terms[: rows // ROWS_A_TERM]]) + "\n"
    )
    policy = f"build: {{rows_per_term: {ROWS_A_TERM}, audition: 'off'}}\n"
    (root / "flywheel.yaml").write_text(policy)
    return root


def start(root: Path, api: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own; its output goes behind its log."""
    command = [sys.executable, "-m", "flows.build", "--workspace", str(root), "--cycle", "1"]
    with root.with_suffix(".log").open("ab") as file:
        return subprocess.Popen(
            command, cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=os.environ | api, start_new_session=True,
        )  # fmt: skip


def built(root: Path) -> dict[str, str]:
    """Return the digest of everything that a cycle is built of."""
    cycle = root / "cycle1"
    return {
        str(path.relative_to(cycle)): file_sha256(path)
        for path in cycle.rglob("*")
        if path.is_file() and path.name != "build.json"
    }


def clips(root: Path) -> int:
    """Count the clips that are there."""
    return len(list((root / "clips").rglob("*.wav")))


def record(root: Path) -> BuildRecord:
    found = read_record(root / "cycle1/build.json", BuildRecord)
    assert found is not None, root.with_suffix(".log").read_text()
    return found


def undisturbed(root: Path, api: dict[str, str]) -> float:
    """Build to the end; return the seconds from the first clip on."""
    process = start(root, api)
    while process.poll() is None and not (root / "clips").exists():
        time.sleep(0.01)
    began = time.monotonic()
    process.wait()
    return time.monotonic() - began


def trial(
    root: Path, whole: Path, at: float, api: dict[str, str], *, group: bool
) -> tuple[str, str]:
    """Kill one build, `at` seconds after its clips were begun, and finish it.

    Gives where it was hit, and what is wrong.
    """
    process = start(root, api)
    while process.poll() is None and not (root / "clips").exists():
        time.sleep(0.01)
    time.sleep(at)
    hit = process.poll() is None
    left = trials.still_alive(trials.kill(process, group=group))
    there = clips(root)
    ended = (root / "cycle1/build.json").exists()
    where = f"{there} clips" + (", its record" if ended else "") if hit else "it had ended"
    if left:
        return where, f"outlived the kill: {left}"
    if start(root, api).wait():
        return where, "the second run failed"
    made = record(root).takes
    if there + made != clips(whole):
        return where, f"made {made} clips beside {there}"
    if built(root) != built(whole):
        return where, "other bytes"
    lines = len((root / "ledger.jsonl").read_text().splitlines())
    over = [*trials.left_over(root), *trials.processes_of(root)]
    return where, f"{lines} ledger lines" if lines != 1 else ", ".join(over)


def main(kills: int, rows: int, seed: int, out: Path) -> int:
    """Print a line a kill; return the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    rng, bad = random.Random(seed), 0
    with trials.server(out / "server") as api:
        whole = write_list(out / "undisturbed", rows)
        seconds = undisturbed(whole, api)
        print(f"undisturbed: {record(whole).sentence}", flush=True)
        for number in range(kills):
            root, at = write_list(out / f"trial{number}", rows), rng.uniform(0, seconds)
            where, wrong = trial(root, whole, at, api, group=number % 2 == 1)
            line = f"{number:3d} | {at:5.1f} s | {where:24s} | {wrong or 'as undisturbed'}"
            print(line, flush=True)
            bad += bool(wrong)
            if not wrong:
                shutil.rmtree(root)
    print(f"{kills} kills, {bad} did not end as undisturbed")
    return min(bad, 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--rows", type=int, default=200, help="of the build, at most 600")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_build")
    sys.exit(main(**vars(parser.parse_args())))
