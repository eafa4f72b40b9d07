"""What the scripts of faults share: a flywheel on fakes, its command, and what must be true after."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.conftest import FAKES, ON_FAKES, write_flywheel  # noqa: E402, F401 - it sets a PREFECT_HOME

POLICY = "boost: report\ndecoding: {tried_alphas: [1.0]}\n"
ENVIRONMENT = ON_FAKES | {"FAKE_MISSES": "0.2"}
UNFINISHED = {".partial", ".part", ".work"}


def start(root: Path, *flags: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start the command of cycle 1 in a session of its own; its output goes behind its log."""
    command = [sys.executable, "-m", "flows.cycle", "--workspace", str(root), "--cycle", "1"]
    with root.with_suffix(".log").open("ab") as file:
        return subprocess.Popen(
            [*command, *flags], cwd=ROOT, stdout=file, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=os.environ | ENVIRONMENT | environment, start_new_session=True,
        )  # fmt: skip


@contextlib.contextmanager
def server(home: Path) -> Iterator[dict[str, str]]:
    """Run a Prefect server; return the environment of the commands that use it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    api = {"PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_HOME": str(home)}
    command = [sys.executable, "-m", "prefect", "server", "start", "--port", str(port)]
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(
            command, env=os.environ | api, stdout=log, stderr=log, start_new_session=True
        )
    while not _answers(f"{api['PREFECT_API_URL']}/health"):
        time.sleep(0.5)
    try:
        yield api
    finally:
        kill(process, group=True)


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):
        return True
    return False


def decision(root: Path) -> dict[str, Any] | None:
    """Return what was decided, without its times, its image, and where the workspace lies."""
    path = root / "cycle2/decision.json"
    if not path.is_file():
        return None
    fields: dict[str, Any] = json.loads(path.read_text().replace(str(root), "W"))
    # what was killed was paid for, and an image is made again with its engine
    del fields["decided_at"], fields["spent"], fields["image"]
    fields["summary"] = re.sub(r"Jobs of this cycle: .*", "", fields["summary"])
    return fields


def difference(root: Path, undisturbed: dict[str, Any] | None) -> str:
    """Return what differs from the undisturbed cycle, or was left over; empty where nothing is."""
    decided = decision(root)
    if decided is None:
        return "no decision"
    if decided != undisturbed:
        keys = {key for key in decided if decided[key] != (undisturbed or {}).get(key)}
        return f"another decision: {', '.join(sorted(keys))}"
    return left_behind(root)


def left_behind(root: Path) -> str:
    """Return what a decided cycle left that it should not have; empty where it left nothing."""
    lines = map(json.loads, (root / "ledger.jsonl").read_text().splitlines())
    if (judged := sum(line["outcome"] != "built" for line in lines)) != 1:
        return f"{judged} ledger lines of a verdict"
    left = [*left_over(root), *processes_of(root)]
    return f"left over: {', '.join(left)}" if left else ""


def left_over(root: Path) -> list[str]:
    """Name half-written files and folders of work; locks are files that stay."""
    return [
        str(path.relative_to(root))
        for path in root.rglob("*")
        if (path.suffix in UNFINISHED or path.name == "work") and ".locks" not in path.parts
    ]


def processes_of(root: Path) -> list[str]:
    """Name the running processes whose command line holds the workspace, or that work in it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            given = [*process.cmdline(), process.cwd()]
            if process.pid != os.getpid() and any(f"{root}/" in f"{part}/" for part in given):
                found.append(f"process {process.pid}")
    return found


def descendants(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return the processes that a command has started: its job, Prefect's temporary server."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def still_alive(processes: list[psutil.Process], seconds: float = 120.0) -> list[psutil.Process]:
    """Wait for processes to end, and return those that do not; none may reap the zombies."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        processes = [one for one in processes if _runs(one)]
        if not processes:
            break
        time.sleep(0.05)
    return processes


def _runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def kill(process: subprocess.Popen[bytes], *, group: bool = False) -> list[psutil.Process]:
    """Kill a command, or its whole process group; return what it had started."""
    started = descendants(process)
    with contextlib.suppress(ProcessLookupError):
        (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
    process.wait()
    return started


def make_reference(root: Path, policy: str, guard: int, replay: int, **environment: str) -> None:
    """Make a workspace of the reference benchmark under a policy, with so many general clips."""
    root.mkdir(parents=True)
    file = root / "flywheel.yaml"
    file.write_text(policy)
    command = [sys.executable, "reference/benchmark.py", "--out", str(root), "--policy", str(file)]
    sizes = ["--guard", str(guard), "--replay", str(replay)]
    subprocess.run([*command, *sizes], cwd=ROOT, env=os.environ | environment, check=True)
