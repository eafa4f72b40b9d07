"""A NeMo job: what it is, what its log shows, and the sentence for its failure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tasks.domain.bases import not_fetched
from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.progress import Progress

Script = Literal["finetune", "transcribe", "fetch", "average"]
LOADED = re.compile(r"Dataset loaded with (\d+) files")
FILTERED = re.compile(r"(\d+) files were filtered")
SPOKEN = re.compile(r"\b(reference|predicted|hypothesis)\s*:", re.I)
BAR = re.compile(  # of tqdm: Lightning's, and that of NeMo's stock transcription
    r"(Epoch|Transcribing)(?: (\d+))?:\s+\d+%\|[^|]*\| (\d+)/(\d+) "
    r"\[[\d:]+<[\d:?]+,\s*([\d.]+)(it/s|s/it)"
)
UNFETCHED = re.compile(r"^FetchError: (\S+) (.*)$", re.M)  # the last words of fetch.py
DECODED = re.compile(r"^Decoded (\d+) of (\d+) clips, (\d+) s left$")  # of our own transcription
FETCHED = re.compile(r"\.nemo:\s+(\d+)%\|")
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
        """Return the row as a line of a NeMo manifest."""
        return {
            "audio_filepath": self.audio_filepath, "duration": self.duration, "text": self.text,
        }  # fmt: skip


def each_clip_once(rows: Sequence[AudioRow]) -> tuple[list[AudioRow], list[int]]:
    """Return the clips of rows, each once in order, and of each row the place of its clip among them.

    >>> row = AudioRow("a.wav", 1.0, "take metoprolol and aspirin")
    >>> each_clip_once([row, AudioRow("b.wav", 1.0, "stop"), row])[1]
    [0, 1, 0]
    """
    clips = {row: place for place, row in enumerate(dict.fromkeys(rows))}
    return list(clips), [clips[row] for row in rows]


@dataclass(frozen=True)
class Job:
    """A NeMo script and its overrides; paths in them are those of this host.

    `work` is the one folder that the job writes to. `more` are the overrides of further runs in the
    same process, which only our own scripts take. `beside` are the jobs that share its GPU, with it.
    """

    script: Script
    overrides: Mapping[str, object]
    work: Path
    more: tuple[Mapping[str, object], ...] = ()
    beside: int = 1

    @property
    def log(self) -> Path:
        return self.work / f"{self.script}.log"


def container_name(script: str, work: Path) -> str:
    """Return the start of a container's name: the job, the workspace and the cycle that it is of.

    >>> container_name("finetune", Path("/srv/Drug names/cycle1/models/smoke-1/work"))
    'flywheel-finetune-Drug-names-cycle1'
    """
    cycle = next((one for one in work.parents if re.fullmatch(r"cycle\d+", one.name)), work)
    return re.sub(
        r"[^\w.-]+", "-", f"flywheel-{script}-{cycle.parent.name}-{cycle.name}", flags=re.A
    )


def relocate(path: str, mounts: dict[str, str]) -> str:
    """Rewrite a host path for a container, by the longest mount that holds it.

    Raises ValueError when no mount holds the path.

    >>> relocate("/data/w/audio/a.wav", {"/data": "/mnt", "/data/w": "/workspace"})
    '/workspace/audio/a.wav'
    """
    for host in sorted(mounts, key=len, reverse=True):
        if path == host or path.startswith(host.rstrip("/") + "/"):
            return mounts[host].rstrip("/") + path[len(host.rstrip("/")) :]
    raise ValueError(f"{path} lies in none of the mounts {', '.join(sorted(mounts))}")


@dataclass(frozen=True)
class Finished:
    """A job that ended well: its log's lines, the arguments it ran with, the image it ran in."""

    lines: list[str]
    arguments: list[str]
    image: Mapping[str, str] | None = None


@dataclass(frozen=True)
class ChildRun:
    """Work for a pool: its name in words, its parameters, and the files that it leaves.

    What is submitted twice with one `identity` is one run.
    """

    words: str
    parameters: Mapping[str, object]
    identity: str
    leaves: tuple[Path, ...]


def rows_loaded(lines: Sequence[str]) -> tuple[int | None, int]:
    """Read how many training rows NeMo loaded and how many it filtered; the train set is first."""
    loaded = next((int(m[1]) for line in lines if (m := LOADED.search(line))), None)
    filtered = next((int(m[1]) for line in lines if (m := FILTERED.search(line))), 0)
    return loaded, filtered


def progress(line: str, epochs: int) -> Progress | None:
    """Read how far a job is from one line of its log; None for any other line.

    >>> progress("Epoch 0:  50%|##   | 17/34 [00:12<00:12,  0.50it/s]", epochs=2).text
    ': 17 of 68 steps, 1:42 left, epoch 1 of 2'
    >>> progress("Transcribing:  50%|##   | 3/6 [00:01<00:01,  2.00it/s]", epochs=1).text
    ': 3 of 6 batches, 0:02 left, decoding'
    >>> progress("Decoded 32 of 181 clips, 12 s left", epochs=1).text
    ': 32 of 181 clips, 0:12 left, decoding'
    """
    if found := DECODED.search(line):
        done, total, left = map(int, found.groups())
        return Progress("", done, total, "clips", left, "decoding")
    if found := FETCHED.search(line):
        return Progress("", int(found[1]), 100, "%", None, "fetching the base")
    found = BAR.search(line)
    if found is None:
        return None
    done, total, rate = int(found[3]), int(found[4]), float(found[5])
    unit, note = "batches", "decoding"
    if found[1] == "Epoch":
        epoch = int(found[2])
        done, total = epoch * total + done, epochs * total
        unit, note = "steps", f"epoch {epoch + 1} of {epochs}"
    seconds = rate if found[6] == "s/it" else 1 / rate if rate else None
    return Progress("", done, total, unit, seconds and (total - done) * seconds, note)


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
    """Return the signal that ended a job, and whether memory may be why."""
    sentence = f"it was killed by signal {signal}"
    if host_memory:
        return f"{sentence} (out of host memory)"
    return f"{sentence} (out of host memory?)" if signal == SIGKILL else sentence


def _last_error(lines: Sequence[str]) -> str:
    errors = [line for line in lines if re.match(r"\s*[\w.]*(Error|Exception)\b", line)]
    return (errors or list(lines) or ["no output"])[-1].strip()[:300]
