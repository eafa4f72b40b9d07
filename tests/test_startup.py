"""What a command loads and reads: counted, since seconds differ from machine to machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from tasks.workspace.manifests import TICK_NS
from tests.terminal import ROOT
from tests.test_help import FLOWS

SLOW = {  # to load; the sum is seconds
    "prefect", "sqlalchemy", "fastapi", "httpx", "mlflow", "docker", "rich", "jinja2", "matplotlib",
    "pandas", "scipy", "sklearn", "torch", "nemo", "lightning",
}  # fmt: skip
OF_SCORES = {"numpy", "rapidfuzz", "jiwer"}
WATCHED = """
import contextlib, json, runpy, sys
opened, (root, commands) = [], sys.argv[1:]
def note(event, arguments):
    if event == "open" and str(arguments[0]).startswith(root):
        opened.append(str(arguments[0]))
sys.addaudithook(note)
for command in json.loads(commands):
    sys.argv = command
    with contextlib.suppress(SystemExit):
        runpy.run_module(command[0], run_name="__main__")
print(json.dumps([sorted(sys.modules), opened]))
"""


@dataclass(frozen=True)
class Work:
    """The modules that commands loaded, and the files of a folder that they opened."""

    modules: list[str]
    opened: list[str]

    @property
    def packages(self) -> set[str]:
        return {name.split(".")[0] for name in self.modules}


def work_of(folder: Path, *commands: tuple[object, ...]) -> Work:
    """Run modules of flows as commands, one after the other in one process; return their work."""
    given = json.dumps([[*map(str, command)] for command in commands])
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(folder), given],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return Work(*json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", FLOWS)
def test_help_and_a_wrong_flag_load_what_reads_flags_and_nothing_else(name: str) -> None:
    work = work_of(ROOT, (name, "--help"), (name, "--no-such-flag"))
    assert not work.packages & (SLOW | OF_SCORES)
    assert len(work.modules) < 400, "pydantic, its settings and asyncio are 300; Prefect adds 1,400"


@pytest.mark.usefixtures("prefect_server")
def test_a_decided_cycle_asked_again_loads_no_prefect(flywheel: Callable[..., Path]) -> None:
    root = flywheel()
    flywheel_cycle(root)
    work = work_of(root, ("flows.cycle", "--workspace", root, "--cycle", 1))
    assert not work.packages & SLOW
    assert len(work.modules) < 700, "as for --help, then NumPy and the records of a workspace"
    assert not work_of(root, ("flows.cli", "status", root)).packages & SLOW


@pytest.mark.usefixtures("prefect_server")
def test_a_decided_cycle_asked_again_reads_no_clip_unless_it_has_to(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    time.sleep(TICK_NS / 1e9)  # clips that have just changed are not remembered
    flywheel_cycle(root)
    again = ("flows.cycle", "--workspace", root, "--cycle", 1)
    opened = work_of(root, again).opened
    assert len(opened) < 30, "policy, manifest, models, records, ledger: the same for any rows"
    assert not [name for name in opened if name.endswith(".wav")]
    opened = work_of(root, (*again, "--reread")).opened
    assert len([name for name in opened if name.endswith(".wav")]) == 100


def test_the_flow_of_a_cycle_loads_what_its_gate_needs() -> None:
    """A stage that fits, draws or decodes loads the rest, when it is reached."""
    code = "import sys, flows.cycle; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert not loaded & {"pandas", "scipy", "sklearn", "matplotlib", "torch", "nemo", "mlflow"}
