"""A NeMo job in a container of a Docker engine; none is left behind, however this process ends.

The job lives as long as its container's standard input is held open from here. The engine closes
it when this process is gone, kill -9 included; the job is then killed and its container removed.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path, PurePath, PurePosixPath

from docker.errors import APIError
from docker.types import DeviceRequest, Mount, Ulimit
from requests.exceptions import RequestException

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.jobs import Job, Script, container_name, relocate
from tasks.domain.recipe import Hardware, render
from tasks.jobs.docker_engine import (
    engine,
    engine_message,
    find_image,
    remove,
    remove_labelled,
    start_failure,
)
from tasks.logs import flow_run_id, log
from tasks.records.files import digest, read_jsonl, write_jsonl
from tasks.settings import Settings

WORK, INPUT, AUDIO = "/flywheel/work", "/flywheel/input", "/flywheel/audio"
TEMPORARY = f"{WORK}/tmp"
SCRIPTS = {
    "finetune": "/opt/NeMo/examples/asr/speech_to_text_finetune.py",
    "transcribe": "/opt/NeMo/examples/asr/transcribe_speech.py",
    "fetch": f"{WORK}/fetch.py",
    "average": f"{WORK}/average.py",
}
OWN = Path(__file__).parents[1] / "nemo_jobs"  # scripts that the image does not have
DIES_WITH_STDIN = (
    'exec 3<&0; "$@" 3<&- </dev/null & job=$!; '
    "(cat <&3 >/dev/null; kill -9 $job) 2>/dev/null & wait $job"
)
LABEL = "flywheel.work"
ULIMITS = [  # what NVIDIA asks for with PyTorch's shared memory; bytes
    Ulimit(name="memlock", soft=-1, hard=-1),
    Ulimit(name="stack", soft=67_108_864, hard=67_108_864),
]

PIDS = 4096  # loader workers and their threads need hundreds
MEMORY_SHARE = 0.9  # of the host's: a job that takes more ends, and not the host's other work


class Container:
    """A job as a container: mounts, user, devices, log, exit code, and its removal."""

    HF_CACHE = PurePosixPath("/flywheel/hf")

    def __init__(self, job: Job, hardware: Hardware, settings: Settings) -> None:
        self._engine = engine()
        image = find_image(self._engine, settings)
        digests = ", ".join(image.attrs.get("RepoDigests", []))
        self.image = {"name": settings.image, "id": image.id, "digests": digests}
        remove_labelled(self._engine, f"{LABEL}={digest(str(job.work))}")
        make_temporary(job.work / "tmp")
        mounts, locate = mounts_of(job, settings)
        self.arguments = render(job.overrides, locate)
        try:
            self._id = self._create(job, hardware, settings, mounts)
            self._output = self._engine.api.attach(
                self._id, stdout=True, stderr=True, stream=True, logs=True
            )
            self._stdin = self._engine.api.attach_socket(self._id, {"stdin": 1, "stream": 1})
            self._engine.api.start(self._id)
        except (APIError, RequestException) as error:
            self.close()
            sentence = start_failure(engine_message(error))
            raise JobFailed(f"{job.script}: {sentence}", JobFault.ENGINE) from None

    def _create(self, job: Job, hardware: Hardware, settings: Settings, mounts: list[Mount]) -> str:
        api = self._engine.api
        devices = device_requests(hardware, settings.gpus)
        memory = settings.memory or int(MEMORY_SHARE * api.info()["MemTotal"])
        host = api.create_host_config(
            mounts=mounts,
            auto_remove=True,
            network_mode=settings.fetch_network if job.script == "fetch" else settings.network,
            shm_size=settings.shm_size,
            ulimits=ULIMITS if devices else [],
            device_requests=devices,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            pids_limit=PIDS,
            mem_limit=memory,
            memswap_limit=memory,  # no more with swap: a job that swaps would never end
            read_only=settings.read_only,
            tmpfs={"/tmp": "exec,mode=1777"},  # caches, and what numba and triton compile there
        )
        created = api.create_container(
            settings.image,
            ["sh", "-c", DIES_WITH_STDIN, "flywheel"]
            + ["python", SCRIPTS[job.script], *self.arguments],
            name=f"{container_name(job.script, job.work)}-{secrets.token_hex(3)}",
            user=f"{os.getuid()}:{os.getgid()}",
            working_dir=WORK,
            environment=environment(job, hardware) | settings.container_env,
            stdin_open=True,
            labels={
                LABEL: digest(str(job.work)),
                "flywheel.job": job.script,
                "flywheel.flow-run": flow_run_id.get(),
            },
            host_config=host,
        )
        identity = str(created["Id"])
        moment = api.inspect_container(identity)["Created"][:19]  # by the engine's own clock
        self._created = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        return identity

    def lines(self) -> Iterator[str]:
        """The log as it comes; tqdm's carriage returns end a line too."""
        rest = b""
        try:
            for chunk in self._output:
                *whole, rest = re.split(rb"[\r\n]+", rest + chunk)
                yield from (line.decode(errors="replace") for line in whole)
        except (RequestException, OSError) as error:
            raise self._lost(error) from None
        if rest:
            yield rest.decode(errors="replace")

    def ended(self) -> tuple[int, bool]:
        """The exit code, and whether the host's memory ran out, from the engine's own events."""
        host_memory = False
        try:
            for event in self._engine.api.events(
                since=self._created, filters={"container": self._id}, decode=True
            ):
                host_memory |= event["Action"] == "oom"
                if event["Action"] == "die":
                    return int(event["Actor"]["Attributes"]["exitCode"]), host_memory
        except (RequestException, OSError) as error:
            raise self._lost(error) from None
        raise self._lost("it closed its stream of events")

    def kill(self) -> None:
        self._remove(self._id)

    def close(self) -> None:
        """Remove the container, running or not; one that is gone already is no matter."""
        if identity := getattr(self, "_id", None):
            self._remove(identity)
        self._engine.close()

    def _remove(self, identity: str) -> None:
        """Remove the container; where the engine does not, what the job did is worth more than that."""
        try:
            remove(self._engine, identity)
        except JobFailed as error:
            log().warning("%s", error)

    def _lost(self, cause: object) -> JobFailed:
        sentence = f"the Docker engine went away during the job: {cause}"
        return JobFailed(sentence, JobFault.ENGINE, retryable=True)


def make_temporary(folder: Path) -> None:
    """Make the folder for temporary files, without those of a job that was killed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def mounts_of(job: Job, settings: Settings) -> tuple[list[Mount], Callable[[PurePath], PurePath]]:
    """Mount audio and models read-only and the work folder writable.

    Manifests are copied to the work folder with their audio paths rewritten; the originals stay.
    Returns the mounts and where the job finds a path of this host.
    """
    given = [value for value in job.overrides.values() if isinstance(value, Path)]
    manifests = [path for path in given if path.suffix == ".jsonl" and path.is_file()]
    models = [path for path in given if path.suffix == ".nemo" and path.is_file()]
    rows = {path: read_jsonl(path) for path in manifests}
    folders = outermost(
        {str(Path(row["audio_filepath"]).parent) for some in rows.values() for row in some}
    )
    inside = {str(job.work): WORK}
    inside |= {folder: f"{AUDIO}/{number}" for number, folder in enumerate(folders)}
    inside |= {str(path): f"{INPUT}/{number}/{path.name}" for number, path in enumerate(models)}
    mounts = [
        Mount(target, source, type="bind", read_only=target != WORK)
        for source, target in inside.items()
    ]
    if job.script == "fetch":
        settings.hf_cache.mkdir(parents=True, exist_ok=True)
        mounts.append(Mount(str(Container.HF_CACHE), str(settings.hf_cache), type="bind"))
    if SCRIPTS[job.script].startswith(WORK):  # this worker's own files may be unknown to the engine
        for name in ("archives.py", "average.py", "fetch.py"):
            shutil.copy(OWN / name, job.work)
    for number, path in enumerate(manifests):
        copy = job.work / "container" / f"{number}-{path.name}"
        moved = (
            row | {"audio_filepath": relocate(row["audio_filepath"], inside)} for row in rows[path]
        )
        write_jsonl(copy, moved)
        inside[str(path)] = f"{WORK}/container/{copy.name}"
    return mounts, lambda path: PurePosixPath(relocate(str(path), inside))


def outermost(folders: set[str]) -> list[str]:
    """The folders that lie in no other of them.

    >>> outermost({"/a/audio", "/a/audio/more", "/b"})
    ['/a/audio', '/b']
    """
    return sorted(
        folder
        for folder in folders
        if not any(PurePath(folder).is_relative_to(other) for other in folders - {folder})
    )


def device_requests(hardware: Hardware, gpus: str) -> list[DeviceRequest]:
    """Ask the engine for GPUs: all, none, a count, or ids as 0,2."""
    if hardware.accelerator == "cpu" or gpus == "none":
        return []
    capabilities = [["gpu"]]
    if gpus == "all":
        return [DeviceRequest(count=-1, capabilities=capabilities)]
    if "," in gpus or not gpus.isdigit():
        return [DeviceRequest(device_ids=gpus.split(","), capabilities=capabilities)]
    return [DeviceRequest(count=int(gpus), capabilities=capabilities)]


def environment(job: Job, hardware: Hardware) -> dict[str, str]:
    """The environment of a job that runs as a user the image does not know, without a network.

    NeMo unpacks a model into TMPDIR: on the disk of the work folder, it takes no memory.
    """
    values = job_environment(job.script, hardware) | {"TMPDIR": TEMPORARY}
    values |= {"HOME": "/tmp", "USER": "flywheel", "LOGNAME": "flywheel"}
    values |= {"NUMBA_CACHE_DIR": "/tmp/numba", "MPLCONFIGDIR": "/tmp/matplotlib"}
    if job.script == "fetch":
        values["HF_HOME"] = str(Container.HF_CACHE)
        values |= {name: os.environ[name] for name in ("HF_TOKEN",) if name in os.environ}
    return values


def job_environment(script: Script, hardware: Hardware) -> dict[str, str]:
    """Return the environment that a job gets beside its host's, in a process and in a container alike.

    Threads of OpenMP sleep where they wait: by default they spin, and two jobs on one host, such as two
    shards, then take each other's cores (`benchmarks/RESULTS.md`, several GPUs).
    """
    policy = os.environ.get("OMP_WAIT_POLICY", "PASSIVE")
    values = {"PYTHONUNBUFFERED": "1", "OMP_WAIT_POLICY": policy}
    if script != "fetch":
        values["HF_HUB_OFFLINE"] = "1"
    if hardware.accelerator == "cpu":
        values["CUDA_VISIBLE_DEVICES"] = ""
    return values
