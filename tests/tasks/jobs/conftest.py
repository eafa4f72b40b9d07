"""A real Docker Engine, and an image from scratch that holds our fake NeMo scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.skips import missing

TESTS = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def engine() -> Iterator[str]:
    """The engine of DOCKER_HOST when one is named, else one started here for the session."""
    if "DOCKER_HOST" in os.environ:
        yield os.environ["DOCKER_HOST"]
        return
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        way = "set DOCKER_HOST, or run as root after apt-get install docker.io"
        missing("no Docker Engine", way)  # a laptop without one still runs the rest
    folder = "/var/tmp/flywheel-engine"  # not under /tmp, which may be an overlay or a tmpfs
    script = ["bash", str(TESTS / "engine.sh")]
    address = subprocess.run(
        [*script, "start", folder], capture_output=True, text=True, check=True
    ).stdout.strip()
    os.environ["DOCKER_HOST"] = address
    yield address
    del os.environ["DOCKER_HOST"]
    subprocess.run([*script, "stop", folder], check=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def image(engine: str) -> str:
    """An image whose two NeMo scripts are our fakes."""
    if not shutil.which("busybox"):
        missing("no shell for the test image", "apt-get install busybox-static")
    tag = "flywheel-test/fake"
    command = [sys.executable, str(TESTS / "image.py"), tag, str(TESTS / "fakes/nemo_scripts")]
    built = subprocess.run(
        command, env=os.environ | {"DOCKER_HOST": engine}, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return built.stdout.strip()
