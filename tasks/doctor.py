"""Checks of this machine: what the flywheel finds here, what is missing, and what to do about it.

Nothing here imports NeMo, torch or Prefect, and each check has a time limit of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import httpx
from pydantic import ValidationError
from pydantic_settings import SettingsError

from tasks.domain.errors import JobFailed
from tasks.jobs.docker_engine import engine, has_image
from tasks.orchestration.profile import api_url, fault_of, profiles_path
from tasks.settings import Settings

State = Literal["ok", "missing", "optional"]
SECONDS = 2.0  # that a program, an engine or a server may take to answer
DISK_GB = 10.0  # what the recommended base needs beside the installation
PYTHONS = ((3, 11), (3, 12))
INSTALL_NEMO = "pip install 'clinical-asr-flywheel[nemo]', or `make setup` in a clone"
KEYS = {
    "FLYWHEEL_NGC_API_KEY": "pulls the NeMo image from NGC",
    "FLYWHEEL_NVCF_API_KEY": "asks an ASR endpoint in NVIDIA's cloud",
    "FLYWHEEL_MERRIAM_WEBSTER_KEY": "looks up pronunciations in the medical dictionary",
    "PREFECT_API_KEY": "signs in to Prefect Cloud",
}


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: ok, missing, or absent where nothing needs it; and what to do."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(environment: Mapping[str, str] = os.environ) -> list[Check]:
    """Return every check, in the order of the list below; a check that fails is a missing one."""
    try:
        settings, wrong = Settings(), ""
    except (ValidationError, SettingsError) as error:
        settings, wrong = Settings.model_construct(), str(error).splitlines()[0]
    in_container = settings.runner == "container"
    checks: dict[str, Callable[[], Check]] = {
        "Python": check_python,
        "Settings": lambda: check_settings(wrong),
        "NeMo": lambda: check_nemo(settings),
        "torch": lambda: check_torch(gpu_names(), needed=settings.runner == "local"),
        "GPU": lambda: check_gpu(gpu_names()),
        "Speech": check_speech,
        "Docker": lambda: check_docker(settings.image, needed=in_container),
        "Disk": check_disk,
        "Prefect": lambda: check_prefect(environment),
    }
    with ThreadPoolExecutor(len(checks)) as pool:  # one that waits for an answer delays no other
        found = list(pool.map(lambda name: _guarded(name, checks[name]), checks))
    return [*found, *check_keys(environment)]


def _guarded(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except Exception as error:  # the list is printed whatever is wrong with this machine
        return Check(name, "missing", f"{type(error).__name__}: {error}")


def check_python() -> Check:
    """Whether this Python is one that the flywheel is tested with."""
    found = f"{sys.version.split()[0]} at {sys.executable}"
    wanted = " or ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    if sys.version_info[:2] in PYTHONS:
        return Check("Python", "ok", found)
    return Check("Python", "missing", found, f"install Python {wanted}")


def check_settings(wrong: str) -> Check:
    """Whether the FLYWHEEL_ variables can be read."""
    if not wrong:
        return Check("Settings", "ok", "the FLYWHEEL_ variables are valid")
    return Check(
        "Settings", "missing", wrong, "any other command names each variable that is wrong"
    )


def check_nemo(settings: Settings) -> Check:
    """Whether the place that NeMo jobs run in has NeMo, as its metadata shows."""
    if settings.runner == "container":
        return Check("NeMo", "ok", "FLYWHEEL_RUNNER=container: the image has it")
    python = settings.nemo_python
    version = version_of("nemo_toolkit") if python == sys.executable else nemo_of(python)
    if version:
        return Check("NeMo", "ok", f"{version} of {python}")
    return Check("NeMo", "missing", f"not installed in {python}", INSTALL_NEMO)


def nemo_of(python: str) -> str | None:
    """Return the version of NeMo that another Python has, from its metadata; None without it."""
    code = "from importlib.metadata import version; print(version('nemo_toolkit'))"
    try:
        done = subprocess.run(
            [python, "-I", "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def check_torch(gpus: str, *, needed: bool) -> Check:
    """Whether torch is installed, and whether its build can use the GPU of this machine."""
    version = version_of("torch")
    if version is None:
        state: State = "missing" if needed else "optional"
        return Check("torch", state, "not installed in this Python", INSTALL_NEMO if needed else "")
    cuda = torch_cuda()
    found = f"{version}, {f'CUDA {cuda}' if cuda else 'CPU'} build"
    if gpus and not cuda:
        advice = "this machine has a GPU that this build cannot use: install a CUDA build of torch"
        return Check("torch", "missing", found, advice)
    return Check("torch", "ok", found)


def torch_cuda() -> str | None:
    """Return the CUDA version that torch was built with, from its file version.py; None for CPU."""
    text = Path(str(metadata.distribution("torch").locate_file("torch/version.py"))).read_text()
    found = re.search(r"^cuda\b.*?=\s*'([\d.]+)'", text, re.M)
    return found[1] if found else None


def check_gpu(gpus: str) -> Check:
    """Whether there is an NVIDIA driver, and the GPUs that it names."""
    if gpus:
        return Check("GPU", "ok", gpus)
    found = "no NVIDIA driver"
    advice = "the laptop base runs on a CPU; a TDT base trains on a GPU: here, in a pool, or rented"
    return Check("GPU", "optional", found, advice)


def gpu_names() -> str:
    """Return name, memory and driver of each GPU, as nvidia-smi has them; empty without a driver."""
    query = ["nvidia-smi", "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return "; ".join(done.stdout.strip().splitlines())


def check_speech() -> Check:
    """Whether espeak-ng is installed, which makes clips without a server."""
    version = version_of("espeakng_loader")
    if version:
        return Check("Speech", "ok", f"espeakng-loader {version}")
    advice = "to build benchmarks: pip install 'clinical-asr-flywheel[speech]'"
    return Check("Speech", "optional", "espeak-ng is not installed", advice)


def check_docker(image: str, *, needed: bool) -> Check:
    """Whether a Docker engine answers and has the NeMo image."""
    state: State = "missing" if needed else "optional"
    try:
        client = engine(SECONDS)
    except JobFailed:
        advice = "start it; without it jobs run on this host, with FLYWHEEL_RUNNER=local"
        return Check("Docker", state, "no Docker engine answers", advice)
    if has_image(client, image):
        return Check("Docker", "ok", f"the engine answers, and has {image}")
    return Check("Docker", state, f"the engine answers, without {image}", f"docker pull {image}")


def check_disk() -> Check:
    """Whether there is room for an installation and a few candidates in the current folder."""
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    found = f"{free:.1f} GB free in {Path.cwd()}"
    if free >= DISK_GB:
        return Check("Disk", "ok", found)
    return Check("Disk", "missing", found, f"have {DISK_GB:g} GB free for models and clips")


def check_prefect(environment: Mapping[str, str]) -> Check:
    """Whether the configured Prefect server answers, and its work pools; without one, all is well."""
    fault = fault_of(profiles_path(environment))
    if fault:
        return Check("Prefect", "missing", fault, "correct the file or remove it")
    url = api_url(environment)
    if url is None:
        return Check("Prefect", "ok", "no server is configured: each command starts its own")
    key = environment.get("PREFECT_API_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx.post(
            f"{url.rstrip('/')}/work_pools/filter", json={}, headers=headers, timeout=SECONDS
        )
        pools = [f"{one['name']} ({one['type']})" for one in answer.raise_for_status().json()]
    except httpx.HTTPStatusError as error:
        found = f"{url} answers with {error.response.status_code}"
        return Check("Prefect", "missing", found, "check PREFECT_API_URL and PREFECT_API_KEY")
    except (httpx.HTTPError, ValueError):
        return Check(
            "Prefect", "missing", f"no answer at {url}", "start it, or unset PREFECT_API_URL"
        )
    return Check("Prefect", "ok", f"{url}, pools: {', '.join(pools) or 'none'}")


def check_keys(environment: Mapping[str, str]) -> list[Check]:
    """Whether each key is set; its value is never read into a check."""
    return [
        Check(name, "ok", "set")
        if environment.get(name)
        else Check(name, "optional", "not set", why)
        for name, why in KEYS.items()
    ]


def version_of(distribution: str) -> str | None:
    """Return the version of an installed distribution, from its metadata; None without it."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None
