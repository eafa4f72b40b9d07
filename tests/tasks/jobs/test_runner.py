"""Jobs on this host: the hardware they run on, their time limit, their log."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import Job
from tasks.domain.progress import Progress
from tasks.domain.recipe import CPU, Hardware
from tasks.jobs import runner
from tasks.jobs.container import job_environment
from tasks.jobs.runner import follow, local_hardware, run_job
from tasks.logs import log
from tasks.settings import Settings
from tests.conftest import FAKES


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a program of that name, with this body, first on the PATH."""

    def install(body: str) -> None:
        program = tmp_path / "bin" / "nvidia-smi"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return install


@pytest.fixture
def logged() -> Iterator[list[tuple[str, str]]]:
    """What the flywheel logged: level and message of each record."""
    records: list[tuple[str, str]] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append((record.levelname, record.getMessage()))

    collector, level = Collector(), log().level
    log().addHandler(collector)
    log().setLevel(logging.INFO)
    yield records
    log().removeHandler(collector)
    log().setLevel(level)


def test_a_gpu_that_was_asked_for_and_is_not_there_is_one_sentence_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(
        JobFailed, match="nvidia-smi finds none: install the NVIDIA driver, or set"
    ) as raised:
        local_hardware(Settings(accelerator="gpu"))
    assert raised.value.fault is JobFault.NO_GPU
    assert local_hardware(Settings(accelerator="auto")) == CPU


def test_the_first_gpu_is_described(nvidia_smi: Callable[[str], None]) -> None:
    nvidia_smi("echo 'NVIDIA L40S, 46068, 8.9'; echo 'NVIDIA T4, 15360, 7.5'")
    assert local_hardware(Settings()) == Hardware("gpu", "NVIDIA L40S", 46068 / 1024, bf16=True)


@pytest.mark.parametrize(
    "body",
    ["exit 9", "true", "echo 'No devices were found'", "echo 'NVIDIA L40S, [N/A], 8.9'"],
)
def test_a_failing_nvidia_smi_is_logged_before_the_cpu_is_taken(
    nvidia_smi: Callable[[str], None], logged: list[tuple[str, str]], body: str
) -> None:
    nvidia_smi(body)
    assert local_hardware(Settings()) == CPU
    ((level, message),) = logged
    assert level == "WARNING"
    assert message.startswith("nvidia-smi failed (")
    assert message.endswith("): the job runs on the CPU")


def test_a_host_without_nvidia_smi_is_no_warning(
    monkeypatch: pytest.MonkeyPatch, logged: list[tuple[str, str]]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert local_hardware(Settings()) == CPU
    assert logged == [("INFO", "there is no nvidia-smi on this host: the job runs on the CPU")]


@pytest.fixture
def scripts(tmp_path: Path) -> Callable[[str], Settings]:
    """Return settings whose stock fine-tune script has this body."""

    def write(body: str) -> Settings:
        (tmp_path / "speech_to_text_finetune.py").write_text(body)
        return Settings(nemo_scripts=tmp_path)

    return write


def test_a_job_over_its_time_is_stopped_and_fails_with_its_limit(
    scripts: Callable[[str], Settings], tmp_path: Path
) -> None:
    settings = scripts("import time\ntime.sleep(60)\n").model_copy(update={"job_timeout": 0.5})
    with pytest.raises(JobFailed, match=r"^finetune was stopped after 0.5 s, its limit$") as raised:
        run_job(Job("finetune", {}, tmp_path / "work"), CPU, settings)
    assert raised.value.fault is JobFault.TIME_LIMIT


def test_the_limit_of_a_job_that_cannot_be_followed_ends_with_it(
    scripts: Callable[[str], Settings], tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    def full(_: Progress) -> None:
        raise OSError("No space left on device")

    settings = scripts("print('Decoded 1 of 2 clips, 1 s left', flush=True)")
    with pytest.raises(OSError, match="No space left"):
        run_job(Job("finetune", {}, tmp_path / "work"), CPU, settings, full)
    wait_for(lambda: not any(isinstance(one, threading.Timer) for one in threading.enumerate()))


def test_a_job_that_fails_names_its_log(scripts: Callable[[str], Settings], tmp_path: Path) -> None:
    settings = scripts("raise ValueError('rows are odd')\n")
    with pytest.raises(JobFailed, match=r"exit code 1: ValueError: rows are odd. Its log: .*log$"):
        run_job(Job("finetune", {}, tmp_path / "work"), CPU, settings)
    assert "rows are odd" in (tmp_path / "work" / "finetune.log").read_text()


def test_a_job_on_the_cpu_sees_no_gpu_and_no_network_hub(
    scripts: Callable[[str], Settings], tmp_path: Path
) -> None:
    settings = scripts(
        "import os\nprint(repr(os.environ['CUDA_VISIBLE_DEVICES']), os.environ['HF_HUB_OFFLINE'])\n"
    )
    finished = run_job(Job("finetune", {"a": Path("x y")}, tmp_path / "work"), CPU, settings)
    assert finished.lines == ["'' 1"]
    assert finished.arguments == ["a='x y'"]


def test_transcripts_are_kept_out_of_the_log_and_progress_is_reported(tmp_path: Path) -> None:
    bar = "Epoch {}:  50%|##   | {}/4 [00:12<00:12,  0.50it/s]"
    lines = ["reference: no allergies", bar.format(0, 2), bar.format(1, 4), "done"]
    reported: list[Progress] = []
    job = Job("finetune", {"trainer.max_epochs": 2}, tmp_path)
    kept = follow(lines, job, reported.append)
    assert kept == lines[1:]
    assert job.log.read_text().splitlines() == kept
    assert [(one.done, one.total, one.seconds_left) for one in reported] == [(2, 8, 12), (8, 8, 0)]


def test_a_job_is_stopped_with_the_workers_it_started(
    scripts: Callable[[str], Settings], tmp_path: Path, wait_for: Callable[..., Any]
) -> None:
    settings = scripts(
        "import subprocess, sys, time\n"
        "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid)\n"
        "sys.stdout.flush(); time.sleep(600)\n"
    )
    for limit in (2.0, 20.0, 200.0):  # a busy machine takes a while to start the worker
        work = tmp_path / f"{limit}"
        limited = settings.model_copy(update={"job_timeout": limit})
        with pytest.raises(JobFailed):
            run_job(Job("finetune", {}, work), CPU, limited)
        if started := (work / "finetune.log").read_text():
            break
    worker = int(started)
    wait_for(
        lambda: (
            not psutil.pid_exists(worker) or psutil.Process(worker).status() == psutil.STATUS_ZOMBIE
        )
    )


def test_threads_of_a_job_sleep_where_they_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    assert job_environment("transcribe", CPU)["OMP_WAIT_POLICY"] == "PASSIVE"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert job_environment("transcribe", CPU)["OMP_WAIT_POLICY"] == "ACTIVE"


def test_only_a_download_reaches_the_hub_and_only_a_gpu_job_a_gpu() -> None:
    given = job_environment("fetch", Hardware("gpu"))
    assert not {"HF_HUB_OFFLINE", "CUDA_VISIBLE_DEVICES"} & given.keys()
    given = job_environment("finetune", CPU)
    assert (given["HF_HUB_OFFLINE"], given["CUDA_VISIBLE_DEVICES"]) == ("1", "")


@pytest.mark.parametrize(
    ("variables", "starts"),
    [
        ({}, [""]),
        ({"FLYWHEEL_RUNNER": "container"}, []),
        ({"FLYWHEEL_NEMO_SCRIPTS": str(FAKES)}, []),
        ({"FLYWHEEL_ACCELERATOR": "gpu"}, []),
        ({"FLYWHEEL_JOB_TIMEOUT": "never"}, []),
    ],
    ids=["here", "in containers", "stock scripts", "no such GPU", "settings that are none"],
)
def test_nemo_is_imported_ahead_where_jobs_are_forks_on_this_host(
    monkeypatch: pytest.MonkeyPatch,
    logged: list[tuple[str, str]],
    variables: dict[str, str],
    starts: list[str],
) -> None:
    started: list[str] = []
    monkeypatch.setenv("PATH", "")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(
        runner, "start_ahead", lambda _, given: started.append(given["CUDA_VISIBLE_DEVICES"])
    )
    runner.import_ahead().join()
    assert started == starts
    assert logged == []
