"""A NeMo job: what it is, what its log tells, and the sentence for its failure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.domain.bases import not_fetched
from tasks.domain.errors import JobFailed, JobFault

Script = Literal["finetune", "transcribe", "fetch", "average"]
LOADED = re.compile(r"Dataset loaded with (\d+) files")
FILTERED = re.compile(r"(\d+) files were filtered")
SPOKEN = re.compile(r"\b(reference|predicted|hypothesis)\s*:", re.I)
STEP = re.compile(
    r"Epoch (\d+):\s+\d+%\|[^|]*\| (\d+)/(\d+) \[[\d:]+<[\d:?]+,\s*([\d.]+)(it/s|s/it)"
)
UNFETCHED = re.compile(r"^FetchError: (\S+) (.*)$", re.M)  # the last words of fetch.py
SIGKILL = 9
KILLED = 128 + SIGKILL  # what a shell and Docker report for SIGKILL
FAILURES = (
    (re.compile(r"CUDA out of memory|CUDA error: out of memory", re.I), JobFault.GPU_MEMORY),
    (re.compile(r"No space left on device"), JobFault.DISK_FULL),
    (re.compile(r"TDT is not yet implemented for non CUDA"), JobFault.NO_GPU),
    (re.compile(r"No module named '?(nemo|torch|lightning|hydra)"), JobFault.NOT_INSTALLED),
    (re.compile(r"LocalEntryNotFound|OfflineMode|ConnectionError|Max retries exceeded"),
     JobFault.NOT_CACHED),
)  # fmt: skip


@dataclass(frozen=True)
class AudioRow:
    """A clip as NeMo reads it: absolute path, duration in seconds, reference text."""

    audio_filepath: str
    duration: float
    text: str

    def manifest_line(self) -> dict[str, str | float]:
        """Give the row as a line of a NeMo manifest."""
        return {
            "audio_filepath": self.audio_filepath, "duration": self.duration, "text": self.text,
        }  # fmt: skip


@dataclass(frozen=True)
class Job:
    """A NeMo script and its overrides; paths in them are those of this host.

    `work` is the one folder that the job writes to. `more` are the overrides of further runs in the
    same process, which only our own scripts take.
    """

    script: Script
    overrides: Mapping[str, object]
    work: Path
    more: tuple[Mapping[str, object], ...] = ()

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
    fault = next((fault for pattern, fault in FAILURES if pattern.search(text)), JobFault.OTHER)
    cause = fault.value
    unfetched = UNFETCHED.search(text)
    if unfetched and fault in (JobFault.OTHER, JobFault.NOT_CACHED):
        sentence = f"{not_fetched(unfetched[1], unfetched[2])}. Its log: {log}"
        return JobFailed(sentence, JobFault.NOT_CACHED)
    if fault is JobFault.OTHER and (code < 0 or code == KILLED):
        fault = JobFault.HOST_MEMORY if host_memory else JobFault.KILLED
        cause = _kill(code - 128 if code > 0 else -code, host_memory=host_memory)
    elif fault is JobFault.OTHER:
        cause = _last_error(lines)
    sentence = f"{script} ended with exit code {code}: {cause}. Its log: {log}"
    return JobFailed(sentence, fault, retryable=fault is JobFault.KILLED)


def _kill(signal: int, *, host_memory: bool) -> str:
    """Say which signal ended a job, and whether memory may be why."""
    sentence = f"it was killed by signal {signal}"
    if host_memory:
        return f"{sentence} (out of host memory)"
    return f"{sentence} (out of host memory?)" if signal == SIGKILL else sentence


def _last_error(lines: Sequence[str]) -> str:
    errors = [line for line in lines if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
    return (errors or list(lines) or ["no output"])[-1].strip()[:300]
