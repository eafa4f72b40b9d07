"""Kill what changes a workspace before each change of a file; the same again must leave the same bytes.

    python tests/faults/kill_makers.py --work build growth --out runs/kill_makers

Made are a build, a growth build, a build over a cycle whose clips were changed since, a decision of an
audition, general speech, acceptance rows and an import; given are an approval, an override with
acceptance rows, a rollback, and a hand-off over an older one. `--work` names some of them, `--first 20
--last 40` some of their events, which are those of kill_events.py. A trial is good when the same work,
run again, leaves the files of the undisturbed work to the byte but for times, the same ledger lines, a
ledger that everything follows from, and no file half written.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from kill_events import at_each_change
from trials import ROOT, left_over
from work import WORK

OF_A_RUN = ("build.json", "ledger.jsonl", "stages.jsonl", ".clips.json")  # they hold times
TIMES = re.compile(
    rb'"seconds": [\d.]+|"spent": (\{[^}]*\}|null)|Jobs of this cycle:[^"\n<]*|Jobs took<td>[^<]*'
    rb"|\d{4}-\d\d-\d\d(T[\d:.]+(Z|\+00:00)?)?|\d\d:\d\d UTC"
)


def turn(name: str, root: Path, number: int | None) -> None:
    """Do the work in this process, or prepare it without a number; at this event, from 1, be killed."""
    out = os.open(root.with_suffix(".log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if number is None:
        WORK[name].prepare(root)
        return
    reached = os.open(root.with_suffix(".events"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def act(count: int, what: str) -> None:
        os.write(reached, f"{what}\n".encode())
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(at_each_change(root, act))
    WORK[name].do(root)


def in_a_process(name: str, root: Path, number: int | None) -> int | None:
    """Run `turn` in a process whose imports are done, and return its exit code."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tasks.build", "tasks.general", "flows.cycle"])
    process = context.Process(target=turn, args=(name, root, number))
    process.start()
    process.join()
    return process.exitcode


def left(root: Path) -> dict[str, object]:
    """Return all that was made, but for times, and the ledger lines without what a run took."""
    files: dict[str, object] = {
        str(path.relative_to(root)): TIMES.sub(b"", path.read_bytes())
        if path.suffix in (".json", ".md", ".html", ".csv")
        else path.read_bytes()
        for path in root.rglob("*")
        if path.is_file()
        and path.name not in OF_A_RUN
        and not {".locks", "compute"} & {*path.parts}
    }
    ledger = root / "ledger.jsonl"
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    return files | {"ledger lines": [_without_times(json.loads(line)) for line in lines]}


def _without_times(line: dict[str, Any]) -> dict[str, Any]:
    """Leave out of a ledger line when it was written, what jobs took, and the digest of the one before."""
    left_out = {"finished_at", "spent", "previous_sha256"}
    left_out |= {"reasons"} if line["outcome"] == "built" else set()
    kept = {name: value for name, value in line.items() if name not in left_out}
    shown: dict[str, Any] = json.loads(TIMES.sub(b"", json.dumps(kept).encode()))
    return shown


def kill_before(
    name: str, prepared: Path, root: Path, number: int, right: dict[str, object]
) -> str:
    """Kill the work before an event, and do it again; say what is wrong."""
    from tasks.workspace.verified import ledger_faults

    shutil.copytree(prepared, root, symlinks=True)
    code = in_a_process(name, root, number)
    if code not in (0, -signal.SIGKILL):  # 0: its threads made fewer events this time
        return f"exit code {code} before event {number}"
    if code := in_a_process(name, root, 0):
        return f"exit code {code} of the next run"
    found = left(root)
    others = [path for path in found | right if found.get(path) != right.get(path)]
    return ", ".join([*others, *left_over(root), *ledger_faults(root)])


def kill_all(name: str, folder: Path, events: slice) -> tuple[int, int]:
    """Kill one kind of work before these of its events; return the trials, and those that ended badly.

    Each is done in the same folder, as files hold its path.
    """
    root, prepared = folder / "w", folder / "prepared"
    folder.mkdir(parents=True)
    if in_a_process(name, root, None):
        raise SystemExit((folder / "w.log").read_text())
    shutil.copytree(root, prepared, symlinks=True)
    if in_a_process(name, root, 0):
        raise SystemExit((folder / "w.log").read_text())
    right, bad = left(root), 0
    named = (folder / "w.events").read_text().splitlines()
    numbers = range(1, len(named) + 1)[events]
    shutil.rmtree(root)
    for number in numbers:
        wrong = kill_before(name, prepared, root, number, right)
        bad += bool(wrong)
        shown = f"{name:13s} | {number:3d} of {len(named)} | {named[number - 1][:60]:60s}"
        print(f"{shown} | {wrong or 'as undisturbed'}", flush=True)
        if wrong:
            root.rename(folder / f"event{number}")
        else:
            shutil.rmtree(root)
    return len(numbers), bad


def main(every: int, first: int, last: int | None, work: list[str], out: Path) -> int:
    """Print a line an event; return the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    names = work or list(WORK)
    total = wrong = 0
    with contextlib.ExitStack() as running:
        if any(WORK[name].on_prefect for name in names):
            os.environ |= trials.ENVIRONMENT | running.enter_context(trials.server(out / "server"))
        for name in names:
            count, bad = kill_all(name, out / name.replace(" ", "_"), slice(first - 1, last, every))
            total, wrong = total + count, wrong + bad
            print(f"{name}: {count} kills, {bad} did not end as undisturbed", flush=True)
    print(f"{total} kills, {wrong} did not end as undisturbed")
    return min(wrong, 100)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--every", type=int, default=1, help="take each of so many events")
    parser.add_argument("--first", type=int, default=1, help="number of the first event")
    parser.add_argument("--last", type=int, help="number of the last event")
    parser.add_argument("--work", nargs="*", default=[], choices=list(WORK))
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_makers")
    sys.exit(main(**vars(parser.parse_args())))
