"""What the Docker engine is asked for, and what is made of its answers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import docker
import pytest
from docker.errors import DockerException, ImageNotFound

from tasks.domain.errors import JobFailed, JobFault
from tasks.jobs.docker_engine import (
    engine,
    find_image,
    pull_image,
    remove,
    remove_labelled,
    start_failure,
)
from tasks.logs import reported_to
from tasks.settings import Settings


class Registry:
    """An engine of our own that has no image, and pulls in two layers or fails."""

    def __init__(self, failure: str | None = None) -> None:
        self.api = self.images = self
        self.failure = failure
        self.here = False
        self.logins: list[tuple[str, ...]] = []

    def login(self, user: str, key: str, registry: str) -> None:
        self.logins.append((user, key, registry))

    def get(self, name: str) -> Any:
        if not self.here:
            raise ImageNotFound(f"no such image: {name}")
        return SimpleNamespace(id="sha256:1", attrs={})

    def pull(self, _name: str, stream: bool, decode: bool) -> Iterator[dict[str, Any]]:
        assert stream
        assert decode
        yield {"status": "Pulling fs layer", "id": "a"}
        for layer, current in (("a", 1e9), ("b", 5e8), ("a", 2e9)):
            yield {
                "status": "Downloading",
                "id": layer,
                "progressDetail": {"current": current, "total": 2e9},
            }
        if self.failure:
            yield {"error": self.failure}
        self.here = True


def test_a_pull_reports_how_much_of_the_image_has_arrived() -> None:
    reported: list[str] = []
    with reported_to(lambda now: reported.append(now.text)):
        pull_image(Registry(), "nvcr.io/nvidia/nemo:1")
    assert reported == [
        ": 1 of 2 GB, pulling nvcr.io/nvidia/nemo:1",
        ": 1.5 of 4 GB, pulling nvcr.io/nvidia/nemo:1",
        ": 2.5 of 4 GB, pulling nvcr.io/nvidia/nemo:1",
    ]


def test_an_absent_image_is_pulled_with_the_key_of_its_registry() -> None:
    registry = Registry()
    settings = Settings(image="nvcr.io/nvidia/nemo:1", ngc_api_key="secret")
    assert find_image(registry, settings).id == "sha256:1"
    assert registry.logins == [("$oauthtoken", "secret", "nvcr.io")]


def test_an_image_that_cannot_be_pulled_names_what_is_missing_and_no_key() -> None:
    settings = Settings(image="nvcr.io/nvidia/nemo:1")
    with pytest.raises(
        JobFailed, match=r"unauthorized; FLYWHEEL_NGC_API_KEY is not set$"
    ) as raised:
        find_image(Registry("unauthorized"), settings)
    assert raised.value.fault is JobFault.ENGINE
    with pytest.raises(DockerException):
        pull_image(Registry("unauthorized"), "x")


def test_an_engine_that_does_not_answer_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(
        JobFailed, match=r"at unix:///nowhere/docker.sock: start it, or run jobs on"
    ):
        engine()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("could not select device driver", "install the NVIDIA Container Toolkit"),
        ("write: no space left on device", "the disk of the Docker engine is full"),
        ('exec: "sh": executable file not found', "the image holds no shell or no python"),
        ("anything else", "the Docker engine refused the container: anything else"),
    ],
)
def test_a_refused_container_is_one_sentence(answer: str, sentence: str) -> None:
    assert sentence in start_failure(answer)


class Vanished(BaseHTTPRequestHandler):
    """An engine that lists a container which is gone by the next question."""

    def do_GET(self) -> None:
        listed = "/containers/json" in self.path
        self.answer(200 if listed else 404, [{"Id": "gone"}] if listed else {"message": "none"})

    def do_DELETE(self) -> None:
        self.answer(404, {"message": "none"})

    def answer(self, code: int, body: object) -> None:
        sent = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


class OutOfSorts(Vanished):
    """An engine that fails to remove a container so many times."""

    left = 3

    def do_DELETE(self) -> None:
        OutOfSorts.left -= 1
        if OutOfSorts.left >= 0:
            self.answer(500, {"message": "device busy"})
        else:
            super().do_DELETE()


@pytest.fixture
def out_of_sorts() -> Iterator[docker.DockerClient]:
    with HTTPServer(("127.0.0.1", 0), OutOfSorts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        with closing(docker.DockerClient(address, version="1.41")) as client:
            yield client
        server.shutdown()


def test_a_container_that_the_engine_fails_to_remove_is_removed_again(
    out_of_sorts: docker.DockerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OutOfSorts, "left", 3)
    remove(out_of_sorts, "a-container")
    assert OutOfSorts.left <= 0
    monkeypatch.setattr(OutOfSorts, "left", 1_000)
    monkeypatch.setattr("tasks.jobs.docker_engine.REMOVALS", 2)
    with pytest.raises(JobFailed, match="does not remove container a-container: device busy"):
        remove(out_of_sorts, "a-container")


def test_a_container_that_another_removed_since_it_was_listed_is_no_error() -> None:
    with HTTPServer(("127.0.0.1", 0), Vanished) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"tcp://127.0.0.1:{server.server_port}"
        with closing(docker.DockerClient(address, version="1.41")) as client:
            remove_labelled(client, "flywheel.work=w")
        server.shutdown()
