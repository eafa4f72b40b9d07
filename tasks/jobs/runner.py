"""Run one NeMo job, on this host or in the NeMo container: follow its log, name its failure."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import cast

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import SPOKEN, Finished, Job, Script, failure, progress
from tasks.domain.recipe import CPU, Hardware, render
from tasks.jobs.container import Container, job_environment
from tasks.jobs.fork_server import Forked, fork, start_ahead
from tasks.jobs.side_by_side import ended_with_others
from tasks.logs import Sink, log, report
from tasks.processes import bound
from tasks.settings import Settings
from tasks.workspace.times import check_caps, metered

OWN_SCRIPTS = Path(__file__).parents[1] / "nemo_jobs"
STOCK_SCRIPTS = {"finetune": "speech_to_text_finetune.py", "transcribe": "transcribe_speech.py"}
BF16_CAPABILITY = 8.0
NVIDIA_SMI_SECONDS = 30.0
TAIL_LINES = 200


def script_path(script: Script, settings: Settings) -> Path:
    """The stock script of a NeMo checkout when one is set, else ours."""
    if settings.nemo_scripts and script in STOCK_SCRIPTS:
        return settings.nemo_scripts / STOCK_SCRIPTS[script]
    return OWN_SCRIPTS / f"{script}.py"


def takes_several(script: Script, settings: Settings) -> bool:
    """Whether one job can do several runs: ours can, the stock scripts do one."""
    return settings.runner == "local" and script_path(script, settings).parent == OWN_SCRIPTS


def import_ahead() -> threading.Thread:
    """Let NeMo be imported while a command loads Prefect, where its jobs are forks on this host.

    Returns the thread that starts that. What fails there fails in the first job, with its error.
    """
    thread = threading.Thread(target=_import_ahead, args=[dict(os.environ)], daemon=True)
    thread.start()
    return thread


def _import_ahead(environment: dict[str, str]) -> None:
    with suppress(JobFailed, ValueError):
        settings = Settings()
        if takes_several("transcribe", settings):
            hardware = local_hardware(settings, quietly=True)
            start_ahead(settings.nemo_python, environment | job_environment("transcribe", hardware))


def local_hardware(settings: Settings, *, quietly: bool = False) -> Hardware:
    """Ask nvidia-smi for the first GPU; without one, or where the settings ask for it, take the CPU.

    Under `auto` a failure of nvidia-smi is logged before the CPU is taken, unless `quietly`; under `gpu`
    it is a JobFailed.
    """
    if settings.accelerator == "cpu":
        return CPU
    try:
        return _first_gpu()
    except NoGpu as error:
        if settings.accelerator == "gpu":
            raise JobFailed(
                "FLYWHEEL_ACCELERATOR is gpu, but nvidia-smi finds none: install the NVIDIA driver, "
                f"or set it to auto ({error})",
                JobFault.NO_GPU,
            ) from None
        level = logging.WARNING if error.installed else logging.INFO
        if not quietly:
            log().log(level, "%s: the job runs on the CPU", error)
        return CPU


class NoGpu(Exception):
    """No GPU was found; `installed` is whether nvidia-smi is there and should have found one."""

    def __init__(self, sentence: str, *, installed: bool) -> None:
        super().__init__(sentence)
        self.installed = installed


def _first_gpu() -> Hardware:
    query = "--query-gpu=name,memory.total,compute_cap"
    command = ["nvidia-smi", query, "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=NVIDIA_SMI_SECONDS
        ).stdout
        name, mebibytes, capability = (part.strip() for part in answer.splitlines()[0].split(","))
        return Hardware("gpu", name, float(mebibytes) / 1024, float(capability) >= BF16_CAPABILITY)
    except FileNotFoundError:
        raise NoGpu("there is no nvidia-smi on this host", installed=False) from None
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise NoGpu(f"nvidia-smi failed ({error})", installed=True) from None


def run_job(job: Job, hardware: Hardware, settings: Settings, sink: Sink = report) -> Finished:
    """Run to the end; raise JobFailed with one sentence. `sink` receives how far the job is.

    The job dies with this process, however that ends. Its log keeps no transcripts. Raises CapReached
    where its cycle may take no more.
    """
    check_caps()
    job.work.mkdir(parents=True, exist_ok=True)
    process = (
        Container(job, hardware, settings)
        if settings.runner == "container"
        else Process(job, hardware, settings)
    )
    overran = threading.Event()

    def stop() -> None:
        overran.set()  # first: the job may be seen to end before its kill returns
        process.kill()

    limit = threading.Timer(settings.job_timeout or threading.TIMEOUT_MAX, stop)
    limit.daemon = True
    limit.start()
    try:
        with (
            closing(process),
            ended_with_others(process.kill),
            metered(job, hardware, process.kill, sink) as seen,
        ):
            lines = follow(process.lines(), job, seen)
            code, host_memory = process.ended()
    finally:
        limit.cancel()
    if overran.is_set() and code != 0:
        sentence = f"{job.script} was stopped after {settings.job_timeout:g} s, its limit"
        raise JobFailed(sentence, JobFault.TIME_LIMIT)
    if code != 0:
        tail = lines[-TAIL_LINES:]
        raise failure(job.script, code, tail, str(job.log), host_memory=host_memory)
    return Finished(lines, process.arguments, process.image)


def follow(lines: Iterable[str], job: Job, sink: Sink) -> list[str]:
    """Keep the lines that are no transcript, and write them to the job's log as they come."""
    kept: list[str] = []
    epochs = int(cast(int, job.overrides.get("trainer.max_epochs", 1)))
    with job.log.open("w", encoding="utf-8") as log:
        for line in lines:
            if SPOKEN.search(line):
                continue
            kept.append(line)
            log.write(line + "\n")
            log.flush()
            if now := progress(line, epochs):
                sink(now)
    return kept


class Process:
    """A job as a process of this host; on Linux the kernel kills it when this process ends."""

    image = None

    def __init__(self, job: Job, hardware: Hardware, settings: Settings) -> None:
        self.arguments = render(job.overrides)
        for overrides in job.more:
            self.arguments += ["--", *render(overrides)]
        environment = os.environ | job_environment(job.script, hardware)
        script = script_path(job.script, settings)
        if job.script in STOCK_SCRIPTS and script.parent == OWN_SCRIPTS:
            self._process: Forked | subprocess.Popen[str] = fork(
                settings.nemo_python, script, self.arguments, job.work, environment
            )
            return
        self._process = subprocess.Popen(
            bound([settings.nemo_python, str(script), *self.arguments]),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
            cwd=job.work,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C is ours: NeMo would begin to save what it has
        )

    def lines(self) -> Iterator[str]:
        process = self._process
        for line in process.lines() if isinstance(process, Forked) else process.stdout or ():
            yield line.rstrip("\n")

    def ended(self) -> tuple[int, bool]:
        return self._process.wait(), False

    def kill(self) -> None:
        """Kill the job and the workers it started."""
        with suppress(ProcessLookupError):
            if isinstance(self._process, Forked):
                self._process.kill()
            else:
                os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        with self._process:  # closes its pipe and waits
            self.kill()


def fetch_pretrained(name: str, folder: Path, settings: Settings) -> Path:
    """Return the cached file of a pretrained model, downloading it when it is not there."""
    answer = folder / "fetched.json"
    run_job(Job("fetch", {"name": name, "answer": answer}, folder), CPU, settings)
    path = Path(json.loads(answer.read_text(encoding="utf-8"))["path"])
    if settings.runner == "container":
        path = settings.hf_cache / path.relative_to(Container.HF_CACHE)
    if not path.is_file():
        raise JobFailed(f"{name} was fetched, but {path} is not there", JobFault.NOT_CACHED)
    return path
