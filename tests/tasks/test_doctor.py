"""The checks of a machine: what is found, what is missing, and never the value of a key."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tasks import doctor
from tasks.settings import Settings

POOLS = b'[{"name": "gpu", "type": "process"}, {"name": "big", "type": "docker"}]'


class PoolServer(BaseHTTPRequestHandler):
    """A server that answers with its work pools who has the key, and nobody else."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        allowed = self.headers["Authorization"] == "Bearer pnu_secret"
        self.send_response(200 if allowed else 401)
        self.end_headers()
        self.wfile.write(POOLS if allowed else b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing."""


@pytest.fixture
def pool_server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), PoolServer)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api"
    server.shutdown()
    server.server_close()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_gpus_are_those_that_nvidia_smi_names(programs: Path) -> None:
    assert doctor.gpu_names() == ""
    assert doctor.check_gpu("").state == "optional"
    write_program(programs / "nvidia-smi", "echo 'L40S, 46068 MiB, 570.1'; echo 'L4, 1 MiB, 570.1'")
    assert doctor.gpu_names() == "L40S, 46068 MiB, 570.1; L4, 1 MiB, 570.1"
    assert doctor.check_gpu(doctor.gpu_names()).state == "ok"


def test_a_driver_that_fails_is_no_driver(programs: Path) -> None:
    write_program(programs / "nvidia-smi", "echo 'driver mismatch'; exit 9")
    assert doctor.gpu_names() == ""


@pytest.mark.parametrize(
    ("version", "cuda"),
    [
        ("cuda: str | None = None\n", None),
        ("cuda: Optional[str] = '12.8'\n", "12.8"),
        ("__version__ = '2.13.0+cpu'\ndebug = False\ncuda = None\n", None),
    ],
)
def test_the_build_of_torch_is_read_from_its_file(
    version: str, cuda: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "torch-9.0.dist-info").mkdir()
    (tmp_path / "torch-9.0.dist-info/METADATA").write_text("Name: torch\nVersion: 9.0\n")
    (tmp_path / "torch").mkdir()
    (tmp_path / "torch/version.py").write_text(version)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    assert doctor.torch_cuda() == cuda
    check = doctor.check_torch("L40S", needed=True)
    assert check.state == ("ok" if cuda else "missing")
    assert check.found == (f"9.0, CUDA {cuda} build" if cuda else "9.0, CPU build")
    assert doctor.check_torch("", needed=True).state == "ok"


def test_nemo_is_looked_for_where_jobs_run(tmp_path: Path) -> None:
    container = Settings.model_construct(runner="container")
    assert doctor.check_nemo(container).state == "ok"
    write_program(tmp_path / "python", "echo 3.0.0")
    other = Settings.model_construct(nemo_python=str(tmp_path / "python"))
    assert doctor.check_nemo(other).found == f"3.0.0 of {tmp_path / 'python'}"
    write_program(tmp_path / "python", "exit 1")
    assert doctor.check_nemo(other).state == "missing"


def test_a_docker_engine_is_needed_where_jobs_run_in_a_container(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no.sock'}")
    assert doctor.check_docker("nemo", needed=True).state == "missing"
    assert doctor.check_docker("nemo", needed=False).state == "optional"


def test_a_server_that_answers_is_named_with_its_pools(pool_server: str, tmp_path: Path) -> None:
    environment = {"PREFECT_API_URL": pool_server, "PREFECT_HOME": str(tmp_path)}
    allowed = doctor.check_prefect(environment | {"PREFECT_API_KEY": "pnu_secret"})
    assert (allowed.state, allowed.found) == (
        "ok", f"{pool_server}, pools: gpu (process), big (docker)",
    )  # fmt: skip
    refused = doctor.check_prefect(environment)
    assert (refused.state, refused.found) == ("missing", f"{pool_server} answers with 401")


def test_a_server_that_is_away_is_missing_and_none_is_well(tmp_path: Path) -> None:
    environment = {"PREFECT_HOME": str(tmp_path)}
    assert doctor.check_prefect(environment).state == "ok"
    away = doctor.check_prefect(environment | {"PREFECT_API_URL": "http://127.0.0.1:1/api"})
    assert (away.state, away.found) == ("missing", "no answer at http://127.0.0.1:1/api")
    (tmp_path / "profiles.toml").write_text("active = [\n")
    assert "expected Prefect's profiles as TOML" in doctor.check_prefect(environment).found


def test_a_key_is_set_or_not_and_its_value_is_in_no_check(tmp_path: Path) -> None:
    environment = dict.fromkeys(doctor.KEYS, "a-secret") | {"PREFECT_HOME": str(tmp_path)}
    checks = doctor.examine(os.environ | environment)
    assert "a-secret" not in repr(checks)
    found = {check.name: check.state for check in checks}
    assert {found[name] for name in doctor.KEYS} == {"ok"}
    assert {check.state for check in doctor.check_keys({})} == {"optional"}


def test_a_check_that_fails_is_a_line_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> doctor.Check:
        raise OSError("the disk is gone")

    monkeypatch.setattr(doctor, "check_disk", fail)
    (disk,) = [check for check in doctor.examine() if check.name == "Disk"]
    assert (disk.state, disk.found) == ("missing", "OSError: the disk is gone")
