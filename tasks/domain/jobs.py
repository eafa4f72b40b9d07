"""A NeMo job: what it is, what its log tells, and the sentence for its failure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Script = Literal["finetune", "transcribe", "fetch"]
LOADED = re.compile(r"Dataset loaded with (\d+) files")
FILTERED = re.compile(r"(\d+) files were filtered")
SPOKEN = re.compile(r"\b(reference|predicted|hypothesis)\s*:", re.I)
STEP = re.compile(
    r"Epoch (\d+):\s+\d+%\|[^|]*\| (\d+)/(\d+) \[[\d:]+<[\d:?]+,\s*([\d.]+)(it/s|s/it)"
)
KILLED = 128 + 9  # what a shell and Docker report for SIGKILL
FAILURES = (
    (re.compile(r"CUDA out of memory|CUDA error: out of memory", re.I), "out of GPU memory"),
    (re.compile(r"No space left on device"), "the disk is full"),
    (re.compile(r"TDT is not yet implemented for non CUDA"), "a TDT base trains on a GPU only"),
    (re.compile(r"No module named '?(nemo|torch|lightning|hydra)"),
     "NeMo is not installed here: pip install 'clinical-asr-flywheel[nemo]'"),
    (re.compile(r"LocalEntryNotFound|OfflineMode|ConnectionError|Max retries exceeded"),
     "the pretrained model is not cached and its hub cannot be reached"),
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A NeMo script and its overrides; paths in them are those of this host.

    `work` is the one folder that the job writes to.
    """

    script: Script
    overrides: Mapping[str, object]
    work: Path

    @property
    def log(self) -> Path:
        return self.work / f"{self.script}.log"


@dataclass(frozen=True)
class Finished:
    """A job that ended well: its log's lines, the arguments it ran with, the image it ran in."""

    lines: list[str]
    arguments: list[str]
    image: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Progress:
    """Where a training stands: epoch and step from 1, seconds left of all epochs."""

    epoch: int
    step: int
    steps: int
    seconds_left: int | None

    @property
    def ends_epoch(self) -> bool:
        return self.step == self.steps


class JobFailed(RuntimeError):
    """A NeMo job that did not finish.

    `out_of_memory` says that a smaller batch may; `retryable` that the fault was not the job's own,
    so that the same job may succeed when it is run again.
    """

    def __init__(
        self, message: str, *, out_of_memory: bool = False, retryable: bool = False
    ) -> None:
        super().__init__(message)
        self.out_of_memory = out_of_memory
        self.retryable = retryable


def rows_loaded(lines: Sequence[str]) -> tuple[int | None, int]:
    """Read how many training rows NeMo loaded and how many it filtered; the train set is first."""
    loaded = next((int(m[1]) for line in lines if (m := LOADED.search(line))), None)
    filtered = next((int(m[1]) for line in lines if (m := FILTERED.search(line))), 0)
    return loaded, filtered


def progress(line: str, epochs: int) -> Progress | None:
    """Read one line of Lightning's progress bar; None for any other line.

    >>> progress("Epoch 0:  50%|##   | 17/34 [00:12<00:12,  0.50it/s]", epochs=2)
    Progress(epoch=1, step=17, steps=34, seconds_left=102)
    """
    found = STEP.search(line)
    if found is None:
        return None
    epoch, step, steps = int(found[1]) + 1, int(found[2]), int(found[3])
    rate = float(found[4])
    per_step = (1.0 / rate if rate else 0.0) if found[5] == "it/s" else rate
    left = (steps - step) + steps * (epochs - epoch)
    return Progress(epoch, step, steps, round(left * per_step) if per_step else None)


def failure(
    script: str, code: int, lines: Sequence[str], log: str, *, host_memory: bool = False
) -> JobFailed:
    """Turn an exit code and the last lines into one sentence; `host_memory`: the host ran out."""
    text = "\n".join(lines)
    cause = next((sentence for pattern, sentence in FAILURES if pattern.search(text)), None)
    killed = cause is None and (code < 0 or code == KILLED)
    if killed:
        signal = code - 128 if code > 0 else -code
        cause = f"it was killed by signal {signal}"
        cause += (
            " (out of host memory)" if host_memory else " (out of host memory?)" * (signal == 9)
        )
    if cause is None:
        errors = [line for line in lines if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
        cause = (errors or list(lines) or ["no output"])[-1].strip()[:300]
    return JobFailed(
        f"{script} ended with exit code {code}: {cause}. Its log: {log}",
        out_of_memory="GPU memory" in cause,
        retryable=killed and not host_memory,
    )
