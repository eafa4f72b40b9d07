"""Run one NeMo job on this host: a script, its Hydra overrides, a log."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.domain.jobs import EPOCH, SPOKEN, failure
from tasks.domain.recipe import CPU, Hardware
from tasks.settings import Settings

Script = Literal["finetune", "transcribe", "fetch"]
OWN_SCRIPTS = Path(__file__).parent / "nemo_jobs"
STOCK_SCRIPTS = {"finetune": "speech_to_text_finetune.py", "transcribe": "transcribe_speech.py"}
BF16_CAPABILITY = 8.0
TAIL_LINES = 200
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Job:
    """A NeMo job: which script, its overrides, and where its log goes."""

    script: Script
    overrides: tuple[str, ...]
    log: Path


def script_path(script: Script, settings: Settings) -> Path:
    """The stock script of a NeMo checkout when one is set, else ours."""
    if settings.nemo_scripts and script in STOCK_SCRIPTS:
        return settings.nemo_scripts / STOCK_SCRIPTS[script]
    return OWN_SCRIPTS / f"{script}.py"


def local_hardware(settings: Settings) -> Hardware:
    """Ask nvidia-smi for the first GPU; without one, or when told so, it is the CPU."""
    if settings.accelerator == "cpu":
        return CPU
    query = [
        "nvidia-smi",
        "--query-gpu=name,memory.total,compute_cap",
        "--format=csv,noheader,nounits",
    ]
    try:
        found = subprocess.run(query, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        if settings.accelerator == "gpu":
            raise RuntimeError("FLYWHEEL_ACCELERATOR is gpu, but nvidia-smi finds no GPU") from None
        return CPU
    name, mebibytes, capability = (part.strip() for part in found.splitlines()[0].split(","))
    return Hardware("gpu", name, float(mebibytes) / 1024, float(capability) >= BF16_CAPABILITY)


def run_job(
    job: Job, hardware: Hardware, settings: Settings, progress: Callable[[str], None] = str
) -> list[str]:
    """Run to the end and return the log's lines; raise JobFailed with one sentence.

    `progress` is told of each epoch that ends. The log keeps no transcripts. The job dies with
    this process, however that ends (Linux).
    """
    command = [settings.nemo_python, str(script_path(job.script, settings)), *job.overrides]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    if job.script != "fetch":
        environment["HF_HUB_OFFLINE"] = "1"
    if hardware.accelerator == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = ""
    job.log.parent.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    epochs: set[str] = set()
    with (
        job.log.open("w", encoding="utf-8") as log,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=job.log.parent,
            text=True,
            errors="replace",
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one syscall
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                if not SPOKEN.search(line):
                    lines.append(line.rstrip("\n"))
                    log.write(line)
                done = EPOCH.search(line)
                if done and done[1] not in epochs:
                    epochs.add(done[1])
                    progress(f"{job.script}: epoch {len(epochs)} done")
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        tail = list(deque(lines, TAIL_LINES))
        raise failure(job.script, process.returncode, tail, str(job.log))
    return lines


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def fetch_pretrained(name: str, folder: Path, settings: Settings) -> Path:
    """Give the cached file of a pretrained model, downloading it when it is not there."""
    answer = folder / "fetched.json"
    run_job(Job("fetch", (name, str(answer)), folder / "fetch.log"), CPU, settings)
    return Path(json.loads(answer.read_text(encoding="utf-8"))["path"])
