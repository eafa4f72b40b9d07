"""Kill a real NeMo fine-tune in production at many moments; the same command must then finish it.

    python tests/faults/kill_training.py --kills 20 --out runs/kills

Each trial copies a split cycle of 36 reference rows, trains three epochs on the CPU, and kills the
flow or its NeMo job: at moments spread over the run, and when the first checkpoint, the last one
and the model are being written. A trial is good when the same command ends with exit code 0, all
rows loaded, a whole candidate and nothing left over. One trial takes about a minute.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

ROOT = Path(__file__).parents[2]
POLICY = """\
base: {base}
priority_categories: [drug]
gate: {{min_rows: 30, min_priority_rows: 2, ker_above: 0.0, saturated_below: 0.0}}
sft: {{preset: production, epochs: 3, lr: 1.0e-4, batch_size: 8}}
"""


def make_workspace(root: Path, policy: str) -> None:
    """Write 36 reference rows and 12 guard clips."""
    sys.path.insert(0, str(ROOT / "reference"))
    import benchmark

    clips = [one for one in benchmark.clinical_clips() if one.path.endswith(("00.wav", "03.wav"))]
    general = benchmark.general_clips("general")[:12]
    for folder, name, chosen in (
        ("cycle1", "manifest.jsonl", clips[:36]),
        ("", "general.jsonl", general),
    ):
        (speech,) = benchmark.synthesize([[clip.utterance for clip in chosen]], 1)
        benchmark.write_set(root / folder, name, chosen, speech)
    (root / "flywheel.yaml").write_text(policy.format(base=ROOT / "reference/base-ctc.nemo"))


def start(root: Path, last: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    with log.open("ab") as file:
        return subprocess.Popen(
            [*command, "--stop-after", last], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT,
            env=os.environ | {"FLYWHEEL_ACCELERATOR": "cpu"}, start_new_session=True,
        )  # fmt: skip


def job_of(process: subprocess.Popen[bytes]) -> psutil.Process | None:
    """The NeMo job that a flow has started, if it runs."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any(part.endswith("finetune.py") for part in child.cmdline()):
                    return child
    return None


def moments(kills: int, seconds: float) -> list[tuple[str, Callable[[Path, float], bool]]]:
    """What to wait for before each kill, given the work folder and the seconds of training."""

    def written(pattern: str, count: int = 1) -> Callable[[Path, float], bool]:
        return lambda work, _: len([*work.rglob(pattern)]) >= count

    def passed(wanted: float) -> Callable[[Path, float], bool]:
        return lambda _, trained: trained >= wanted

    phases = [
        ("first checkpoint", written("*.ckpt")),
        ("first last.ckpt", written("*last.ckpt")),
        ("unfinished mark", written("*unfinished*")),
        ("epoch 2", written("*epoch=2*")),
        ("model", written("flywheel.nemo")),
    ]
    spread = [seconds * (number + 0.5) / kills for number in range(kills)]
    timed = [(f"{wanted:.1f} s", passed(wanted)) for wanted in spread]
    return [*phases, *timed][: max(kills, 1)] if kills < len(phases) else [
        *phases, *timed[:: max(1, len(timed) // max(1, kills - len(phases)))],
    ][:kills]  # fmt: skip


def trial(
    prepared: Path, root: Path, ready: Callable[[Path, float], bool], *, job: bool
) -> tuple[bool, str]:
    """Kill one training and finish it; give whether it was killed, and what is wrong."""
    shutil.copytree(prepared, root)
    log = root.with_suffix(".log")
    process, began, killed = start(root, "sft", log), None, False
    while process.poll() is None:
        child = job_of(process)
        if child is not None:
            began = began or time.monotonic()
            if ready(root / "cycle1/models", time.monotonic() - began):
                with contextlib.suppress(psutil.NoSuchProcess):
                    (child.kill() if job else process.kill())
                    killed = True
                break
        time.sleep(0.01)
    process.wait()
    if not job or process.returncode:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process = start(root, "sft", log)
        process.wait()
    with contextlib.suppress(ProcessLookupError):  # Prefect's temporary server
        os.killpg(process.pid, signal.SIGKILL)
    return killed, fault(root, process.returncode)


def fault(root: Path, code: int) -> str:
    if code:
        return f"exit code {code}"
    (run,) = (root / "cycle1/models").iterdir()
    if not (run / "training_run_info.json").is_file():
        return "no record"
    try:
        with tarfile.open(run / "adapted_model.nemo") as archive:
            archive.getmembers()
    except (OSError, tarfile.TarError) as error:
        return f"candidate: {error}"
    left = [*root.rglob("work"), *root.rglob("*.partial")]
    return f"left over: {left}" if left else ""


def main(kills: int, out: Path) -> int:
    """Print a line a kill; give the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    prepared = out / "prepared"
    make_workspace(prepared, POLICY)
    if start(prepared, "split", out / "prepared.log").wait():
        raise SystemExit((out / "prepared.log").read_text())
    shutil.copytree(prepared, out / "undisturbed")
    began = time.monotonic()
    whole = start(out / "undisturbed", "sft", out / "undisturbed.log").wait()
    seconds = time.monotonic() - began
    print(f"undisturbed: exit code {whole}, {seconds:.0f} s", flush=True)
    bad = 0
    for number, (name, ready) in enumerate(moments(kills, seconds)):
        job = number % 2 == 1
        killed, wrong = trial(prepared, out / f"trial{number}", ready, job=job)
        what = "job" if job else "flow"
        how = f"killed the {what}" if killed else "it ended before the kill"
        print(f"{number:2d} | {name:16s} | {how:24s} | {wrong or 'finished'}", flush=True)
        bad += bool(wrong)
        if not wrong:
            shutil.rmtree(out / f"trial{number}")
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kills")
    sys.exit(main(**vars(parser.parse_args())))
