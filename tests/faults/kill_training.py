"""Kill a real NeMo fine-tune at many moments; the same command must then decide as undisturbed.

    python tests/faults/kill_training.py --preset production --kills 20 --out runs/kill_training

Each trial copies a split cycle of 36 reference rows, trains three epochs on the CPU, and kills the
flow or its NeMo job: at moments spread over the run, and when checkpoints and the model are being
written. A trial is good when the same command ends with exit code 0, a whole candidate, the verdict
of the undisturbed cycle, one ledger line and nothing left over. One trial takes about a minute. The
cycles before the first trial are made once in `--out`, so that `--skip 10 --take 10` goes on there.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

POLICY = """\
base: {base}
priority_categories: [drug]
gate: {{min_rows: 30, min_priority_rows: 2, ker_above: 0.0, saturated_below: 0.0}}
sft: {{preset: {preset}, epochs: 3, lr: 1.0e-4, batch_size: 8}}
boost: off
build: {{first_terms: 18, rows_per_term: 2, audition: "off"}}
"""


def make_workspace(root: Path, preset: str, guard: int = 12, **api: str) -> None:
    """Write 36 reference rows and some guard clips."""
    policy = POLICY.format(base=ROOT / "reference/base-ctc.nemo", preset=preset)
    trials.make_reference(root, policy, guard=guard, replay=0, **api)


def job_of(process: subprocess.Popen[bytes], script: str = "finetune") -> psutil.Process | None:
    """The NeMo job that a flow has started, if it runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if child.name() == script:
                    return child
    return None


def moments(
    preset: str, kills: int, seconds: float
) -> list[tuple[str, Callable[[Path, float], bool]]]:
    """What to wait for before each kill, given the work folder and the seconds of training."""

    def written(pattern: str) -> Callable[[Path, float], bool]:
        return lambda work, _: bool([*work.rglob(pattern)])

    def passed(wanted: float) -> Callable[[Path, float], bool]:
        return lambda _, trained: trained >= wanted

    phases = [("model", written("flywheel.nemo"))]
    if preset == "production":
        phases += [
            ("first checkpoint", written("*.ckpt")),
            ("first last.ckpt", written("*last.ckpt")),
            ("unfinished mark", written("*unfinished*")),
            ("epoch 2", written("*epoch=2*")),
        ]
    timed = kills - len(phases)
    spread = [seconds * (number + 0.5) / timed for number in range(timed)]
    return [*phases, *((f"{wanted:.1f} s", passed(wanted)) for wanted in spread)][:kills]


def trial(
    prepared: Path, root: Path, ready: Callable[[Path, float], bool], *, job: bool, **api: str
) -> tuple[bool, str]:
    """Kill one training and finish it; return whether it was killed, and what is wrong."""
    shutil.copytree(prepared, root)
    process, began, killed = start(root, **api), None, False
    while process.poll() is None:
        child = job_of(process)
        if child is not None:
            began = began or time.monotonic()
            if ready(root / "cycle1/models", time.monotonic() - began):
                with contextlib.suppress(psutil.NoSuchProcess):
                    (child.kill() if job else trials.kill(process))
                    killed = True
                break
        time.sleep(0.01)
    code = process.wait()
    if child is not None and (left := trials.still_alive([child])):
        return killed, f"outlived the kill: {left}"
    if code:
        code = start(root, **api).wait()
    return killed, f"exit code {code}" if code else fault(root)


def start(root: Path, *flags: str, **api: str) -> subprocess.Popen[bytes]:
    """Start the command of the cycle with the NeMo of this environment."""
    own = {"FLYWHEEL_NEMO_SCRIPTS": "", "FLYWHEEL_NEMO_PYTHON": sys.executable}
    return trials.start(root, *flags, **own, **api)


def fault(root: Path) -> str:
    """Return what is not whole after the last run; empty where everything is."""
    (run,) = (root / "cycle1/models").iterdir()
    if not (run / "training_run_info.json").is_file():
        return "no record"
    try:
        with tarfile.open(run / "adapted_model.nemo") as archive:
            archive.getmembers()
    except (OSError, tarfile.TarError) as error:
        return f"candidate: {error}"
    return trials.left_behind(root)


def verdict(root: Path) -> str:
    return str((trials.decision(root) or {}).get("verdict", "none"))


def lived(process: subprocess.Popen[bytes]) -> float:
    """Wait until a cycle has ended; return the seconds between the first and last sight of its job."""
    first = last = 0.0
    while process.poll() is None:
        if job_of(process) is not None:
            last = time.monotonic()
            first = first or last
        time.sleep(0.05)
    return last - first


def main(preset: str, kills: int, skip: int, take: int | None, out: Path) -> int:
    """Print a line a kill; return the number of trials that did not end well."""
    with trials.server(out / "server") as api:
        prepared, undisturbed = out / "prepared", out / "undisturbed"
        if not trials.decision(undisturbed):
            prepare(prepared, undisturbed, preset, api)
        seconds, wanted = float((out / "seconds").read_text()), verdict(undisturbed)
        print(f"{preset}, undisturbed: {wanted}, {seconds:.1f} s of training", flush=True)
        bad, chosen = 0, [*enumerate(moments(preset, kills, seconds))][skip:]
        for number, (name, ready) in chosen[:take]:
            root, job = out / f"trial{number}", number % 2 == 1
            shutil.rmtree(root, ignore_errors=True)
            killed, wrong = trial(prepared, root, ready, job=job, **api)
            if not wrong and (found := verdict(root)) != wanted:
                wrong = f"verdict {found}"
            what = "job" if job else "flow"
            how = f"killed the {what}" if killed else "it ended before the kill"
            print(f"{number:2d} | {name:16s} | {how:24s} | {wrong or wanted}", flush=True)
            bad += bool(wrong)
            if not wrong:
                shutil.rmtree(root)
    return bad


def prepare(prepared: Path, undisturbed: Path, preset: str, api: dict[str, str]) -> None:
    """Leave a cycle that is split, a copy of it that is decided, and how long its training took."""
    for root in (prepared, undisturbed):
        shutil.rmtree(root, ignore_errors=True)
    make_workspace(prepared, preset, **api)
    if start(prepared, "--stop-after", "boost", **api).wait():
        raise SystemExit(prepared.with_suffix(".log").read_text())
    shutil.copytree(prepared, undisturbed)
    process = start(undisturbed, **api)
    seconds = lived(process)
    if process.wait():
        raise SystemExit(undisturbed.with_suffix(".log").read_text())
    (prepared.parent / "seconds").write_text(f"{seconds:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=("smoke", "production"), default="production")
    parser.add_argument("--kills", type=int, default=20, help="at least 6")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of them")
    parser.add_argument("--take", type=int, help="do so many of the others; default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_training")
    sys.exit(main(**vars(parser.parse_args())))
