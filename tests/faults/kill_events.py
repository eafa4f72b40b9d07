"""Kill a cycle on fakes before each change of a file; the same command must then decide as undisturbed.

    python tests/faults/kill_events.py --out runs/kill_events

An event is a file or folder of the workspace that the command opens to write, renames, links, makes or
removes; `--every 10` takes each tenth, `--first 181` goes on there. A trial is good under the same
terms as in kill_cycles.py. All events of a cycle, about 230, take a quarter of an hour.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
Hook = Callable[[str, tuple[Any, ...]], None]
SEEN = "events"


def at_each_change(root: Path, act: Callable[[int, str], None]) -> Hook:
    """Make an audit hook that numbers the changes of a workspace, and acts before each."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            writes = isinstance(arguments[2], int) and arguments[2] & WRITES
        else:
            writes = event in CHANGES
        if writes and (path := _path(event, arguments)).startswith(f"{root}/"):
            count += 1
            act(count, f"{event} {path.removeprefix(f'{root}/')}")

    return hook


def _path(event: str, arguments: tuple[Any, ...]) -> str:
    """Return the whole path of an event, also of one that names a file in an open folder."""
    path = arguments[0]
    if isinstance(path, int):
        return ""
    folder = arguments[-1] if event in ("os.remove", "os.rmdir", "os.mkdir") else -1
    inside = str(Path(f"/proc/self/fd/{folder}").readlink()) if folder >= 0 else ""
    return os.path.join(inside, os.fsdecode(path))  # noqa: PTH118 - a hook must be cheap


def turn(root: Path, number: int, wait_seconds: float = 0.0) -> None:
    """Run the cycle in this process; at the event of this number, from 1, be killed.

    Before each event wait so long. Every event that is reached is in a file beside the workspace.
    """
    from flows.commands.cycle import CycleFlags, run

    out = os.open(root.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    reached = os.open(root.with_suffix(f".{SEEN}"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def act(count: int, what: str) -> None:
        os.write(reached, f"{what}\n".encode())
        time.sleep(wait_seconds)
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(at_each_change(root, act))
    run(CycleFlags(workspace=root, cycle=1))


def in_a_process(root: Path, number: int, wait_seconds: float = 0.0) -> int | None:
    """Run `turn` in a process whose imports are done, and return its exit code.

    Its environment is the one of this process when it was first called.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["flows.cycle"])
    process = context.Process(target=turn, args=(root, number, wait_seconds))
    process.start()
    process.join()
    return process.exitcode


def kill_before(
    prepared: Path, root: Path, number: int, whole: dict[str, Any] | None
) -> tuple[str, str]:
    """Kill one cycle before an event, and finish it; return the event and what is wrong."""
    shutil.copytree(prepared, root)
    killed = in_a_process(root, number)
    event = root.with_suffix(f".{SEEN}").read_text().splitlines()[-1]
    if killed != -signal.SIGKILL:
        return event, f"exit code {killed} before event {number}"
    if code := in_a_process(root, 0):
        return event, f"exit code {code} of the next run"
    return event, trials.difference(root, whole)


def kill_at_events(
    prepared: Path, out: Path, every: int, parallel: int = 1, first: int = 1
) -> Iterable[tuple[int, str, str]]:
    """Kill at each `every`-th event of a cycle; return its number, what it was, and what is wrong."""
    whole = out / "undisturbed"
    shutil.copytree(prepared, whole)
    if in_a_process(whole, 0):
        raise SystemExit(whole.with_suffix(".log").read_text())
    count = len(whole.with_suffix(f".{SEEN}").read_text().splitlines())
    decided = trials.decision(whole)

    def one(number: int) -> tuple[int, str, str]:
        root = out / f"event{number}"
        event, wrong = kill_before(prepared, root, number, decided)
        if not wrong:
            shutil.rmtree(root)
        return number, event, wrong

    with ThreadPoolExecutor(parallel) as pool:
        yield from pool.map(one, range(first, count + 1, every))


def main(every: int, first: int, parallel: int, out: Path) -> int:
    """Print a line an event; return the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    prepared = trials.write_flywheel(out / "prepared", policy=trials.POLICY)
    total = bad = 0
    with trials.server(out / "server") as api:
        os.environ |= trials.ENVIRONMENT | api
        for number, event, wrong in kill_at_events(prepared, out, every, parallel, first):
            total, bad = total + 1, bad + bool(wrong)
            print(f"{number:3d} | {event[:70]:70s} | {wrong or 'as undisturbed'}", flush=True)
    print(f"{total} kills, {bad} did not end as undisturbed")
    return min(bad, 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take each of so many events")
    parser.add_argument("--first", type=int, default=1, help="number of the first event")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_events")
    sys.exit(main(**vars(parser.parse_args())))
