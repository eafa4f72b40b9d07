"""Kill a real NeMo decoding at many moments; the same command must then leave the same transcripts.

    python tests/faults/kill_decoding.py --kills 20 --out runs/kill_decoding

Each trial copies a workspace of 36 reference rows and 300 guard clips, decodes them with the reference
base on the CPU, and kills the flow or its NeMo job, in turn, at moments spread over the decoding. A trial
is good when the same command ends with exit code 0, every file of transcripts is that of the undisturbed
cycle to the byte, and nothing is left over. A trial takes half a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import kill_training
import trials
from trials import ROOT


def transcripts(root: Path) -> dict[str, bytes]:
    """Every file of transcripts by its name, without where the workspace lies."""
    files = [root / "cycle1/per_sample.json", *(root / "cycle1/decoded").glob("*.jsonl")]
    return {
        path.name: path.read_bytes().replace(str(root).encode(), b"W")
        for path in files
        if path.is_file()
    }


def start(root: Path, **api: str) -> subprocess.Popen[bytes]:
    return kill_training.start(root, "--stop-after", "gate", **api)


def decoding_of(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    return kill_training.job_of(process, "transcribe")


def undisturbed(prepared: Path, root: Path, **api: str) -> float:
    """Decode without a kill; return for how many seconds the job was seen."""
    shutil.copytree(prepared, root)
    process, first, last = start(root, **api), 0.0, 0.0
    while process.poll() is None:
        if decoding_of(process) is not None:
            last = time.monotonic()
            first = first or last
        time.sleep(0.02)
    if process.wait():
        raise SystemExit(root.with_suffix(".log").read_text())
    return last - first


def trial(prepared: Path, root: Path, seconds: float, *, job: bool, **api: str) -> tuple[bool, str]:
    """Kill one decoding after so many seconds and finish it; whether it was killed, and what is wrong."""
    shutil.copytree(prepared, root)
    process, began, killed = start(root, **api), None, False
    while process.poll() is None and not killed:
        child = decoding_of(process)
        if child is not None:
            began = began or time.monotonic()
            if time.monotonic() - began >= seconds:
                with contextlib.suppress(psutil.NoSuchProcess):
                    (child.kill() if job else trials.kill(process))
                    killed = True
        time.sleep(0.01)
    code = process.wait()
    if code:
        code = start(root, **api).wait()
    left = [*trials.left_over(root), *trials.processes_of(root)]
    return killed, f"exit code {code}" if code else f"left over: {left}" if left else ""


def main(kills: int, out: Path) -> int:
    """Print a line a kill; return the number of trials that did not end well."""
    with trials.server(out / "server") as api:
        prepared, calm = out / "prepared", out / "undisturbed"
        for root in (prepared, calm):
            shutil.rmtree(root, ignore_errors=True)
        kill_training.make_workspace(prepared, "smoke", guard=300, **api)
        seconds, bad = undisturbed(prepared, calm, **api), 0
        wanted = transcripts(calm)
        print(f"undisturbed: {len(wanted)} files, {seconds:.1f} s of decoding", flush=True)
        for number in range(kills):
            root, job = out / f"trial{number}", number % 2 == 1
            shutil.rmtree(root, ignore_errors=True)
            after = seconds * (number + 0.5) / kills
            killed, wrong = trial(prepared, root, after, job=job, **api)
            if not wrong and (found := transcripts(root)) != wanted:
                unlike = {n for n in wanted | found if found.get(n) != wanted.get(n)}
                wrong = f"other bytes: {', '.join(sorted(unlike))}"
            how = f"killed the {'job' if job else 'flow'}" if killed else "it ended before the kill"
            print(f"{number:2d} | {after:5.1f} s | {how:24s} | {wrong or 'the same'}", flush=True)
            bad += bool(wrong)
            if not wrong:
                shutil.rmtree(root)
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_decoding")
    sys.exit(main(**vars(parser.parse_args())))
