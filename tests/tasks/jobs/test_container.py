"""NeMo jobs in containers of a real Docker Engine, on an image built here from scratch."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docker
import psutil
import pytest

from tasks.domain.errors import JobFailed
from tasks.domain.jobs import Job
from tasks.domain.recipe import CPU, Hardware
from tasks.jobs.container import LABEL, device_requests
from tasks.jobs.docker_engine import remove
from tasks.jobs.runner import fetch_pretrained, run_job
from tasks.settings import Settings
from tests.terminal import CTRL_C, SECONDS, OnTerminal

pytestmark = pytest.mark.real
ROOT = Path(__file__).parents[3]
Flywheel = Callable[..., Path]
BOOSTED = "decoding: {tried_alphas: [1.0]}\nboost: report\narms: {boosted: true, base_shares: []}\n"
GPU = Hardware("gpu", "L4", 22.5, True)
HANGS = {"FAKE_HANG": "1", "FAKE_JOURNAL": "/flywheel/work/journal"}  # a decoding
FAKE_HUB = """
import os, pathlib

class ASRModel:
    def from_pretrained(name, return_model_file):
        path = pathlib.Path(os.environ["HF_HOME"], "hub", "parakeet.nemo")
        path.parent.mkdir()
        path.write_text(name)
        return path
"""


@pytest.fixture
def in_containers(image: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[docker.DockerClient]:
    """Run NeMo jobs in containers of the test image; none may be left at the end."""
    monkeypatch.setenv("FLYWHEEL_RUNNER", "container")
    monkeypatch.setenv("FLYWHEEL_IMAGE", image)
    client = docker.from_env()
    yield client
    assert containers(client) == []
    client.close()


def containers(client: docker.DockerClient) -> list[Any]:
    return client.containers.list(all=True, filters={"label": LABEL})


def start(root: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip


def running_job(client: docker.DockerClient, script: str) -> Any:
    """Return the container that runs a script, once it does."""
    return next(iter(client.containers.list(filters={"label": f"flywheel.job={script}"})), None)


def fine_tune(root: Path, work: Path) -> Job:
    """A fine-tune of the fake model on one row of its benchmark."""
    row = json.loads((root / "cycle1/manifest.jsonl").read_text().splitlines()[0])
    row["audio_filepath"] = str(root / "cycle1" / row["audio_filepath"])
    (root / "train.jsonl").write_text(json.dumps(row) + "\n")
    overrides = {
        "init_from_nemo_model": root / "base.nemo",
        "model.train_ds.manifest_filepath": root / "train.jsonl",
        "+exp_manager.explicit_log_dir": work / "run",
    }
    return Job("finetune", overrides, work)


def ctrl_c(root: Path, client: docker.DockerClient, script: str, wait_for: Any, **more: str) -> str:
    """Run the cycle until a container runs this script, press Ctrl-C twice, and return the last line."""
    command = ["-m", "flows.cycle", "--workspace", root, "--cycle", 1]
    running = OnTerminal(*command, environment=more)
    wait_for(lambda: running_job(client, script))
    running.press(CTRL_C)
    running.press(CTRL_C)
    running.wait_for_end()
    assert running.process.returncode == 130
    assert "Traceback" not in running.shown
    assert containers(client) == []
    return running.lines[-1]


@pytest.mark.usefixtures("on_session_server")
def test_a_cycle_in_containers_goes_on_by_the_same_command_after_whatever_ended_it(
    in_containers: docker.DockerClient, flywheel: Flywheel, wait_for: Callable[..., Any]
) -> None:
    """Ctrl-C in a decoding and in training, kill -9 of the command, and a container that is killed."""
    root = flywheel(seconds=8, policy=BOOSTED)
    before = (root / "cycle1/manifest.jsonl").read_bytes()
    ends = "Interrupted in stage {}; run the same command to "
    hangs = json.dumps(HANGS)
    last = ctrl_c(root, in_containers, "transcribe", wait_for, FLYWHEEL_CONTAINER_ENV=hangs)
    assert last.startswith(ends.format("transcribe-baseline"))
    assert ctrl_c(root, in_containers, "finetune", wait_for).startswith(ends.format("sft"))

    killed = start(root)
    config = wait_for(lambda: running_job(in_containers, "finetune")).attrs["HostConfig"]
    assert (config["CapDrop"], config["SecurityOpt"]) == (["ALL"], ["no-new-privileges"])
    assert (config["PidsLimit"], config["ReadonlyRootfs"]) == (4096, True)
    assert 0 < config["Memory"] == config["MemorySwap"] < psutil.virtual_memory().total
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not containers(in_containers))

    process = start(root)
    wait_for(lambda: running_job(in_containers, "finetune")).kill()
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, output
    assert "killed by signal 9" in output
    assert " of 30 steps" in output
    assert "# Cycle 1: keep" in output
    decision = json.loads((root / "cycle2/decision.json").read_text())
    assert decision["candidate"]["decoding"]["boost_alpha"] == 1.0  # its phrases were found inside
    assert (root / "cycle1/manifest.jsonl").read_bytes() == before
    info = json.loads(next(root.glob("cycle1/models/*/training_run_info.json")).read_text())
    assert info["image"]["id"].startswith("sha256:")
    assert info["rows"]["loaded"] == info["rows"]["written"] == 54
    assert "init_from_nemo_model='/flywheel/input/0/base.nemo'" in info["overrides"]
    for path in root.rglob("*"):
        assert path.stat().st_uid == os.getuid()


def test_a_job_over_its_time_is_stopped_and_reported(
    in_containers: docker.DockerClient,
    flywheel: Flywheel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def linger(*container: Any) -> None:
        remove(*container)
        if threading.current_thread() is not threading.main_thread():
            time.sleep(1)  # the job is seen to end before its kill returns

    monkeypatch.setattr("tasks.jobs.container.remove", linger)
    job = fine_tune(flywheel(seconds=60), tmp_path / "work")
    with pytest.raises(JobFailed, match="finetune was stopped after 2 s, its limit"):
        run_job(job, CPU, Settings(job_timeout=2))


def test_an_interrupt_removes_the_container(
    in_containers: docker.DockerClient, flywheel: Flywheel, tmp_path: Path
) -> None:
    job = fine_tune(flywheel(seconds=60), tmp_path / "work")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monitor = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(3)
    with pytest.raises(KeyboardInterrupt):
        run_job(job, CPU, Settings())
    signal.signal(signal.SIGALRM, monitor)


def test_a_base_by_name_is_fetched_into_the_cache_that_other_jobs_read(
    in_containers: docker.DockerClient, tmp_path: Path
) -> None:
    """The engine is given folders of data alone: it need not see the files of this package."""
    package = tmp_path / "work/nemo/collections/asr"
    package.mkdir(parents=True)
    (package / "models.py").write_text(FAKE_HUB)
    settings = Settings(hf_cache=tmp_path / "hf", fetch_network="none")
    path = fetch_pretrained("nvidia/parakeet", tmp_path / "work", settings)
    assert path == tmp_path / "hf/hub/parakeet.nemo"
    assert path.read_text() == "nvidia/parakeet"


FAKE_TORCH = """
import json

class Tensor:
    shape, dtype = (), "float32"
    def __init__(self, value): self.value = value
    def is_floating_point(self): return True
    def float(self): return self
    def to(self, dtype): return self
    def __rmul__(self, share): return Tensor(share * self.value)
    def __add__(self, other): return Tensor(self.value + other.value)

def load(file, **_): return {name: Tensor(value) for name, value in json.load(file).items()}
def save(state, file): file.write(json.dumps({n: t.value for n, t in state.items()}).encode())
"""


def test_a_fine_tune_is_averaged_with_its_base_by_our_own_script(
    in_containers: docker.DockerClient, tmp_path: Path
) -> None:
    """The image has a stock NeMo and nothing of ours; its torch is a fake here."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "torch.py").write_text(FAKE_TORCH)
    for path, value in ((work / "tuned.nemo", 1.0), (tmp_path / "base.nemo", 3.0)):
        content = json.dumps({"layer": value}).encode()
        with tarfile.open(path, "w") as archive:
            member = tarfile.TarInfo("./model_weights.ckpt")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    output = work / "averaged.nemo"
    overrides = {
        "model": work / "tuned.nemo", "base": tmp_path / "base.nemo", "share": "0.25",
        "output": output,
    }  # fmt: skip
    run_job(Job("average", overrides, work), CPU, Settings())
    with tarfile.open(output, "r:") as archive:
        averaged = archive.extractfile("./model_weights.ckpt")
        assert averaged is not None
        assert json.load(averaged) == {"layer": 1.5}


PROBE = """
import json, os, pathlib, subprocess, tempfile

def writable(folder):
    try:
        pathlib.Path(folder, "probe").write_text("#!/bin/sh\\n")
    except OSError:
        return False
    return True

def runs_what_it_wrote(folder):
    pathlib.Path(folder, "probe").chmod(0o755)
    return subprocess.run([folder + "/probe"]).returncode == 0

folders = ["/", "/bin", "/opt", "/flywheel", "/flywheel/input/0", "/tmp", "/flywheel/work", "/dev/shm"]
status = pathlib.Path("/proc/self/status").read_text().split()
found = {
    "user": os.getuid(), "capabilities": status[status.index("CapEff:") + 1],
    "writes": [folder for folder in folders if writable(folder)],
    "compiles in": [folder for folder in ("/tmp", "/flywheel/work") if runs_what_it_wrote(folder)],
    "unpacks in": tempfile.gettempdir(),
}
pathlib.Path("/flywheel/work/found.json").write_text(json.dumps(found))
raise SystemExit(3)
"""


def test_a_job_is_an_ordinary_user_that_can_write_to_its_work_folder_and_to_memory_alone(
    in_containers: docker.DockerClient,
    fake_model: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1000)  # of a worker that is no root
    work = tmp_path / "work"
    (work / "tmp").mkdir(parents=True)
    (work / "tmp/of a killed job").write_text("")
    work.chmod(0o777)
    (work / "torch.py").write_text(PROBE)
    base = fake_model(tmp_path / "base.nemo", 0.8)
    job = Job("average", {"model": base, "base": base, "share": "0.5", "output": work / "a"}, work)
    usual = os.umask(0)  # what this root makes, that user may write to
    with pytest.raises(JobFailed):
        run_job(job, CPU, Settings())
    os.umask(usual)
    assert json.loads((work / "found.json").read_text()) == {
        "user": 1000,
        "capabilities": "0" * 16,
        "writes": ["/tmp", "/flywheel/work", "/dev/shm"],
        "compiles in": ["/tmp", "/flywheel/work"],
        "unpacks in": "/flywheel/work/tmp",
    }
    assert list((work / "tmp").iterdir()) == []


def test_a_job_that_takes_more_than_its_memory_ends_and_reports_it(
    in_containers: docker.DockerClient, fake_model: Callable[..., Path], tmp_path: Path
) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "torch.py").write_text("held = [bytearray(b'x' * 2**20) for _ in range(1000)]")
    base = fake_model(tmp_path / "base.nemo", 0.8)
    job = Job("average", {"model": base, "base": base, "share": "0.5", "output": work / "a"}, work)
    with pytest.raises(JobFailed, match=r"killed by signal 9 \(out of host memory\)"):
        run_job(job, CPU, Settings(memory="100m"))


def test_an_image_that_cannot_be_had_is_one_sentence(
    in_containers: docker.DockerClient, flywheel: Flywheel, tmp_path: Path
) -> None:
    job = fine_tune(flywheel(), tmp_path / "work")
    with pytest.raises(JobFailed, match=r"the image no\.such/image:1 is not on this engine and"):
        run_job(job, CPU, Settings(image="no.such/image:1"))


def test_an_engine_without_a_gpu_runtime_is_one_sentence(
    in_containers: docker.DockerClient, flywheel: Flywheel, tmp_path: Path
) -> None:
    job = fine_tune(flywheel(), tmp_path / "work")
    with pytest.raises(JobFailed, match="no GPU runtime: install the NVIDIA Container Toolkit"):
        run_job(job, GPU, Settings())


def test_no_engine_is_one_sentence(
    flywheel: Flywheel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    job = fine_tune(flywheel(), tmp_path / "work")
    with pytest.raises(JobFailed, match=r"no Docker engine answers at unix://.*nobody\.sock"):
        run_job(job, CPU, Settings(runner="container"))


@pytest.mark.parametrize(
    ("gpus", "count", "ids"),
    [("all", -1, None), ("2", 2, None), ("0,2", 0, ["0", "2"]), ("GPU-5f", 0, ["GPU-5f"])],
)
def test_gpus_are_asked_for_by_count_or_by_id(gpus: str, count: int, ids: list[str] | None) -> None:
    (asked,) = device_requests(GPU, gpus)
    assert (asked.count, asked.device_ids or None) == (count, ids)
    assert device_requests(GPU, "none") == device_requests(CPU, "all") == []
