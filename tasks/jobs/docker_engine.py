"""The Docker engine: reach it, have the image, remove containers, and name what it refuses."""

from __future__ import annotations

import os
import time
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from requests.exceptions import RequestException

from tasks.domain.errors import JobFailed, JobFault
from tasks.domain.progress import Progress
from tasks.logs import log, report
from tasks.settings import Settings

NGC_USER, NGC_REGISTRY = "$oauthtoken", "nvcr.io"
CONFLICT = 409  # its removal is under way
REMOVALS = 100  # tries, a tenth of a second apart
Engine = Any  # docker.DockerClient, which carries no types


def engine(seconds: float = 600) -> Engine:
    """The engine of DOCKER_HOST, or this host's; raise JobFailed when none answers in time."""
    try:
        client = docker.from_env(timeout=seconds)
        client.ping()
        return client
    except (DockerException, RequestException) as error:
        where = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        raise JobFailed(
            f"no Docker engine answers at {where}: start it, or run jobs on this host with "
            f"FLYWHEEL_RUNNER=local ({engine_message(error)[:200]})",
            JobFault.ENGINE,
        ) from None


def find_image(client: Engine, settings: Settings) -> Engine:
    """Return the image, pulled when the engine has it not; raise JobFailed when it cannot be."""
    try:
        return client.images.get(settings.image)
    except ImageNotFound:
        log().info("pulling %s", settings.image)
    try:
        if settings.ngc_api_key and settings.image.startswith(NGC_REGISTRY):
            key = settings.ngc_api_key.get_secret_value()
            client.login(NGC_USER, key, registry=NGC_REGISTRY)
        pull_image(client, settings.image)
        return client.images.get(settings.image)
    except (DockerException, RequestException) as error:
        hint = "" if settings.ngc_api_key else "; FLYWHEEL_NGC_API_KEY is not set"
        raise JobFailed(
            f"the image {settings.image} is not on this engine and cannot be pulled: "
            f"{engine_message(error)[:300]}{hint}",
            JobFault.ENGINE,
        ) from None


def has_image(client: Engine, name: str) -> bool:
    """Whether the engine has this image, without pulling it."""
    try:
        client.images.get(name)
    except ImageNotFound:
        return False
    return True


def pull_image(client: Engine, name: str) -> None:
    """Pull an image, and report how many gigabytes of the layers known so far have arrived.

    Raises DockerException with the engine's own words.
    """
    layers: dict[str, tuple[int, int]] = {}
    for event in client.api.pull(name, stream=True, decode=True):
        if "error" in event:
            raise DockerException(event["error"])
        detail = event.get("progressDetail") or {}
        if event.get("status") == "Downloading" and detail.get("total"):
            layers[event["id"]] = (detail["current"], detail["total"])
            arrived, total = (sum(part) / 1e9 for part in zip(*layers.values(), strict=True))
            report(Progress("", round(arrived, 1), round(total, 1), "GB", None, f"pulling {name}"))


def remove_labelled(client: Engine, label: str) -> None:
    """Remove every container that carries a label, as key=value; one that goes meanwhile is no error."""
    for container in client.api.containers(all=True, filters={"label": label}):
        remove(client, container["Id"])


def remove(client: Engine, identity: str) -> None:
    """Remove a container, and wait until it is gone; raise JobFailed where the engine does not remove it."""
    asked, refusal = False, "it is still there"
    for _ in range(REMOVALS):
        try:
            if not asked:
                client.api.remove_container(identity, force=True)
            asked = True
            client.api.inspect_container(identity)
        except NotFound:
            return
        except APIError as error:
            asked, refusal = error.status_code == CONFLICT, engine_message(error)
        except RequestException:
            return  # the engine is gone, and its containers with it
        time.sleep(0.1)
    sentence = f"the Docker engine does not remove container {identity[:12]}: {refusal}"
    raise JobFailed(sentence, JobFault.ENGINE, retryable=True)


def engine_message(error: Exception) -> str:
    """Return the engine's own message, without the request around it."""
    return str(getattr(error, "explanation", None) or error)


def start_failure(error: str) -> str:
    """Turn the engine's refusal to start a container into one sentence."""
    if "could not select device driver" in error:
        return "this engine has no GPU runtime: install the NVIDIA Container Toolkit"
    if "no space left on device" in error:
        return "the disk of the Docker engine is full"
    if "executable file not found" in error:
        return f"the image holds no shell or no python: {error[:200]}"
    return f"the Docker engine refused the container: {error[:300]}"
