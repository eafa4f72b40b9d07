"""What make setup installs: the build of torch for this host by uv, else pip's default."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = """#!/bin/sh
echo "uv $*" >>"$JOURNAL"
case "$*" in *--dry-run*) exit "$PROBE" ;; esac
"""
PYTHON = """#!/bin/sh
echo "python $*" >>"$JOURNAL"
case "$*" in *" uv") exit 1 ;; esac
"""
EVERYTHING = "-c constraints.txt -e .[nemo,speech]"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A virtual environment and a folder of programs, both of fakes that write down their calls."""
    for path, body in {".venv/bin/python": PYTHON, "programs/uv": UV}.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True)
        file.write_text(body)
        file.chmod(0o755)
    return tmp_path


def install(folder: Path, extras: str, probe: int = 0) -> tuple[str, list[str]]:
    """Run the script; return what it prints, and the calls of uv and of the environment's Python."""
    journal = folder / "journal"
    environment = {
        "PATH": f"{folder / 'programs'}:{os.defpath}",
        "JOURNAL": str(journal),
        "PROBE": str(probe),
    }
    done = subprocess.run(
        [ROOT / "deployments/install.sh", folder / ".venv", extras],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, journal.read_text().splitlines()


def write_driver(folder: Path) -> None:
    program = folder / "programs/nvidia-smi"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)


def test_uv_chooses_the_build_where_the_index_of_pytorch_answers(programs: Path) -> None:
    _, (probe, installation, *_) = install(programs, "nemo,speech")
    assert "--dry-run --no-deps --torch-backend=auto torch==" in probe
    assert installation == (
        f"uv pip install --python {programs / '.venv/bin/python'} --torch-backend=auto {EVERYTHING}"
    )


def test_a_host_with_a_driver_takes_cuda_and_reports_how_large_it_is(programs: Path) -> None:
    write_driver(programs)
    printed, _ = install(programs, "nemo,speech")
    assert printed.startswith("NVIDIA driver found: torch with CUDA, 3.1 GB to download in all\n")


@pytest.mark.parametrize("has_uv", [True, False])
def test_pip_installs_where_the_index_or_uv_is_out_of_reach(programs: Path, has_uv: bool) -> None:
    if not has_uv:
        (programs / "programs/uv").unlink()
    printed, calls = install(programs, "nemo,speech", probe=2)
    assert printed.startswith("uv or PyTorch's own index is out of reach: pip takes the default")
    assert f"python -m pip install --disable-pip-version-check {EVERYTHING}" in calls
    assert not [call for call in calls if call.startswith("uv") and "--dry-run" not in call]


def test_the_development_tools_alone_ask_for_no_build_of_torch(programs: Path) -> None:
    _, calls = install(programs, "dev")
    assert calls == [
        "python -m pip install --disable-pip-version-check -c constraints.txt -e .[dev]"
    ]
