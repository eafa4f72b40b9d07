"""The wheel works away from the repository, with the core dependencies alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from importlib import metadata
from importlib.util import cache_from_source
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import FIELDS, write_workspace
from tests.terminal import ROOT

pytestmark = pytest.mark.real
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PACKAGES = ("flows", "tasks")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources, since a build leaves files beside them."""
    sources, out = tmp_path_factory.mktemp("sources"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, sources)
    for name in PACKAGES:
        without_caches = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, sources / name, ignore=without_caches)
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", out, sources)
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh environment: the wheel, and what its core dependencies require.

    These are linked from the environment of the tests, file by file, so that no index is needed and
    nothing else of it, as NeMo, can be imported.
    """
    root = tmp_path_factory.mktemp("environment")
    venv.create(root, with_pip=False)
    (packages,) = root.glob("lib/python*/site-packages")
    for distribution in required(PROJECT["dependencies"]):
        link_files(distribution, packages)
    pip("--python", root / "bin/python", "install", "--no-deps", "--no-index", wheel)
    return root / "bin"


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: Path) -> Path:
    """An empty folder in which the environment's programs come first."""
    monkeypatch.setenv("PATH", f"{installed}:{os.defpath}")
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def pip(*arguments: object) -> None:
    """Run pip of the environment of the tests."""
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([sys.executable, "-m", "pip", *quiet, *map(str, arguments)], check=True)


def required(names: list[str]) -> list[metadata.Distribution]:
    """Return the distributions that these requirements ask for, directly or not, as installed here."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        one = waiting.pop()
        if canonicalize_name(one.name) in found:
            continue
        distribution = metadata.distribution(one.name)
        found[canonicalize_name(one.name)] = distribution
        for line in distribution.requires or ():
            more = Requirement(line)
            extras = [{"extra": extra} for extra in (*one.extras, "")]
            if more.marker is None or any(map(more.marker.evaluate, extras)):
                waiting.append(more)
    return list(found.values())


def link_files(distribution: metadata.Distribution, packages: Path) -> None:
    """Link every file of a distribution into site-packages; programs, which lie outside, are left out.

    Modules come with what was compiled of them.
    """
    for file in distribution.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        source, target = Path(str(distribution.locate_file(file))), packages / file
        link_file(source, target)
        if source.suffix == ".py":
            link_file(Path(cache_from_source(source)), Path(cache_from_source(target)))


def link_file(source: Path, target: Path) -> None:
    """Link a file where it is one and the other is not there."""
    if source.is_file() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.symlink_to(source)


def flywheel(*arguments: object, code: int = 0) -> str:
    """Run the installed program; return what it prints."""
    done = subprocess.run(
        ["flywheel", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    sources = {
        str(path.relative_to(ROOT))
        for name in PACKAGES
        for path in (ROOT / name).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith(("flows/", "tasks/"))}
    assert packed == sources
    assert {"flows/py.typed", "tasks/py.typed", "tasks/starter.yaml"} <= packed


def test_the_environment_has_neither_nemo_nor_torch(installed: Path, tmp_path: Path) -> None:
    code = "from importlib.util import find_spec as find; print(find('nemo'), find('torch'))"
    done = subprocess.run(
        [installed / "python", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "None None\n"


def test_the_version_is_that_of_the_project(empty: Path) -> None:
    assert flywheel("--version") == f"{PROJECT['version']}\n"
    assert flywheel("--help").startswith("usage: flywheel COMMAND")


def test_a_workspace_is_made_looked_at_and_led_on(empty: Path) -> None:
    assert flywheel("init", "my-drugs").splitlines()[-1] == (
        "To continue with your terms in my-drugs/terms.csv: flywheel build my-drugs 1"
    )
    assert "flywheel build my-drugs 1" in flywheel("status", "my-drugs")
    checks = {check["name"]: check for check in json.loads(flywheel("doctor", "--json"))}
    assert checks["NeMo"]["state"] == checks["torch"]["state"] == "missing"


def test_hypotheses_are_scored_a_gate_stops_and_the_ledger_has_it(empty: Path) -> None:
    root = write_workspace(empty / "w", [{}], [FIELDS["text"]])
    cycle = root / "cycle1"
    hypotheses = ("--hypotheses", cycle / "per_sample.json")
    scored = flywheel(
        "baseline", "--manifest", cycle / "manifest.jsonl", *hypotheses, "--out", "scored"
    )
    assert scored.strip() == (empty / "scored/leaderboard.md").read_text().strip()
    assert "stopped, route `build`" in flywheel("cycle", "w", 1, "--exit-code", code=12)
    assert "gate:build" in flywheel("ledger", "w")
    assert "stopped at the gate for these inputs: build" in flywheel("status", "w")


def test_a_folder_with_flows_of_its_own_is_one_sentence_and_no_traceback(
    empty: Path, installed: Path
) -> None:
    (empty / "flows").mkdir()
    (empty / "flows/__init__.py").write_text("")
    python = installed / "python"
    done = subprocess.run(
        [python, "-m", "flows.cycle", "--help"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, f"{python}: No module named flows.cycle\n")
    assert flywheel("cycle", "--help").startswith("usage: flywheel cycle WORKSPACE CYCLE ")
