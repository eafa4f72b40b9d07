"""Kill a real NeMo fine-tune at many moments; the same command must then decide as undisturbed.

    python tests/faults/kill_training.py --preset production --kills 20 --out runs/kills

Each trial copies a split cycle of 36 reference rows, trains three epochs on the CPU, and kills the
flow or its NeMo job: at moments spread over the run, and when checkpoints and the model are being
written. A trial is good when the same command ends with exit code 0, a whole candidate, the verdict
of the undisturbed cycle, one ledger line and nothing left over. One trial takes about a minute;
`--skip 10 --take 10` does the second half of twenty.
"""

from __future__ import annotations

import argparse
import contextlib
import json
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
sft: {{preset: {preset}, epochs: 3, lr: 1.0e-4, batch_size: 8}}
"""


def make_workspace(root: Path, preset: str) -> None:
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
    (root / "flywheel.yaml").write_text(
        POLICY.format(base=ROOT / "reference/base-ctc.nemo", preset=preset)
    )


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
    end_group(process)
    if not job or process.returncode:
        start(root, "sft", log).wait()
    process = start(root, "decide", log)
    process.wait()
    end_group(process)
    return killed, fault(root, process.returncode)


def end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


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
    if (lines := len((root / "ledger.jsonl").read_text().splitlines())) != 1:
        return f"{lines} ledger lines"
    left = [*root.rglob("work"), *root.rglob("*.partial")]
    return f"left over: {left}" if left else ""


def verdict(root: Path) -> str:
    path = root / "cycle2/decision.json"
    return str(json.loads(path.read_text())["verdict"]) if path.is_file() else "none"


def main(preset: str, kills: int, skip: int, take: int | None, out: Path) -> int:
    """Print a line a kill; give the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    prepared = out / "prepared"
    make_workspace(prepared, preset)
    if start(prepared, "split", out / "prepared.log").wait():
        raise SystemExit((out / "prepared.log").read_text())
    shutil.copytree(prepared, out / "undisturbed")
    undisturbed, log = out / "undisturbed", out / "undisturbed.log"
    began = time.monotonic()
    codes = [start(undisturbed, "sft", log).wait()]
    seconds = time.monotonic() - began
    codes.append(start(undisturbed, "decide", log).wait())
    wanted = verdict(undisturbed)
    print(f"{preset}, undisturbed: exit codes {codes}, {wanted}, {seconds:.0f} s", flush=True)
    bad, chosen = 0, [*enumerate(moments(preset, kills, seconds))][skip:]
    for number, (name, ready) in chosen[:take]:
        root, job = out / f"trial{number}", number % 2 == 1
        killed, wrong = trial(prepared, root, ready, job=job)
        if not wrong and (found := verdict(root)) != wanted:
            wrong = f"verdict {found}"
        what = "job" if job else "flow"
        how = f"killed the {what}" if killed else "it ended before the kill"
        print(f"{number:2d} | {name:16s} | {how:24s} | {wrong or wanted}", flush=True)
        bad += bool(wrong)
        if not wrong:
            shutil.rmtree(root)
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", choices=("smoke", "production"), default="production")
    parser.add_argument("--kills", type=int, default=20, help="at least 6")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of them")
    parser.add_argument("--take", type=int, help="do so many of the others; default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kills")
    sys.exit(main(**vars(parser.parse_args())))
