"""Take away what a cycle on fakes needs, give it back, and run the same command again.

    python tests/faults/outages.py --out runs/outages

A fault is good when the first run ends with a sentence and without a traceback, and the next one as
undisturbed, under the same terms as in kill_cycles.py; with `server` and `slow` the first decides. `disk`
mounts a small tmpfs and `engine` starts a Docker Engine of its own, so that they need root.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import kill_events
import trials
from kill_cycles import containers_of, engine, undisturbed
from load import in_a_process, run_sweep
from trials import ROOT

FREE_KB = (0, 8, 16, 32, 64, 128, 192, 256, 384, 512)
SLOW = 6.0
SLOW_CHANGE = 0.5  # seconds


def server(out: Path) -> str:
    """Kill Prefect's server while a model trains."""
    prepared = trials.write_flywheel(out / "prepared", seconds=SLOW)
    root = out / "w"
    with trials.server(out / "home") as api:
        whole, _ = undisturbed(prepared, out / "whole", **api)
        shutil.copytree(prepared, root)
        process = trials.start(root, **api)
        wait_until(lambda: bool([*root.rglob("started")]), process)
    return ended(process, root) + finished(root, whole)


def disk(out: Path) -> str:
    """Fill the disk: a cycle on a tmpfs with so many kilobytes free, which is then enlarged."""
    prepared = trials.write_flywheel(out / "prepared")
    with trials.server(out / "home") as api:
        whole, _ = undisturbed(prepared, out / "whole", **api)
        found = []
        for free in FREE_KB:
            mounted = out / f"free{free}"
            mounted.mkdir()
            used = sum(-(-path.stat().st_size // 4096) * 4 + 4 for path in prepared.rglob("*"))
            mount = ["mount", "-t", "tmpfs", "-o", f"size={used + free}k", "tmpfs", str(mounted)]
            subprocess.run(mount, check=True)
            root = shutil.copytree(prepared, mounted / "w")
            # its log is beside the workspace, on the other disk
            log = root.with_suffix(".log")
            log.symlink_to(out / f"free{free}.log")
            process = trials.start(root, **api)
            first = ended(process, root)
            subprocess.run(["mount", "-o", "remount,size=64m", str(mounted)], check=True)
            found.append(f"{free} kB: {first}{finished(root, whole, **api)}")
            subprocess.run(["umount", str(mounted)], check=True)
    return "; ".join(found)


def sweeps(out: Path) -> str:
    """Sweep the same five workspaces twice at once."""
    prepared = trials.write_flywheel(out / "prepared", seconds=1)
    roots = [out / f"w{number}" for number in range(5)]
    with trials.server(out / "home") as api:
        whole, _ = undisturbed(prepared, out / "whole", **api)
        for root in roots:
            shutil.copytree(prepared, root)
        messages = both(roots, trials.ENVIRONMENT | api)
    wrong = [wrong for root in roots if (wrong := trials.difference(root, whole))]
    return f"{' and '.join(messages)}: {wrong or 'as undisturbed'}"


def both(roots: list[Path], environment: dict[str, str]) -> list[str]:
    """Run two sweeps at once; give their messages."""
    with ThreadPoolExecutor(2) as pool:
        started = [pool.submit(in_a_process, run_sweep, roots, environment) for _ in range(2)]
        return [str(one.result()["message"]) for one in started]


def stopped_engine(out: Path) -> str:
    """Stop the Docker Engine while a container trains, and start it again."""
    prepared = trials.write_flywheel(out / "prepared", seconds=SLOW)
    root = out / "w"
    with trials.server(out / "home") as api:
        with engine(out / "engine") as environment:
            whole, _ = undisturbed(prepared, out / "whole", **environment, **api)
            shutil.copytree(prepared, root)
            process = trials.start(root, **environment, **api)
            wait_until(lambda: bool([*root.rglob("started")]), process)
        first = ended(process, root)
        with engine(out / "engine") as environment:
            again = finished(root, whole, **environment, **api)
            return f"{first}{again}; containers left: {len(containers_of(root))}"


def slow(out: Path) -> str:
    """Let each change of a file take half a second, with a second command on the same cycle."""
    prepared = trials.write_flywheel(out / "prepared", policy=trials.POLICY)
    root = shutil.copytree(prepared, out / "w")
    with trials.server(out / "home") as api:
        whole, _ = undisturbed(prepared, out / "whole", **api)
        os.environ |= trials.ENVIRONMENT | api
        began = time.monotonic()
        with ThreadPoolExecutor(1) as pool:
            slowly = pool.submit(kill_events.in_a_process, root, 0, SLOW_CHANGE)
            while not (root / "cycle1/boost.json").exists() and not slowly.done():
                time.sleep(0.05)
            second = trials.start(root, **api).wait()
            code = slowly.result()
    text = f"exit code {code} after {time.monotonic() - began:.0f} s, that of the second {second}: "
    return text + (trials.difference(root, whole) or "as undisturbed")


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait while the command runs."""
    while process.poll() is None and not condition():
        time.sleep(0.05)


def ended(process: subprocess.Popen[bytes], root: Path) -> str:
    """Wait for a disturbed run; say how it ended."""
    began = time.monotonic()
    code = process.wait()
    log = root.with_suffix(".log").read_text()
    traceback = ", a traceback" if "Traceback (most recent" in log else ""
    return f"exit code {code} after {time.monotonic() - began:.0f} s{traceback}, then "


def finished(root: Path, whole: dict[str, Any], **environment: str) -> str:
    """Run the same command; say what differs from the undisturbed cycle."""
    code = trials.start(root, **environment).wait()
    return f"exit code {code}" if code else trials.difference(root, whole) or "as undisturbed"


FAULTS = {"server": server, "disk": disk, "sweeps": sweeps, "engine": stopped_engine, "slow": slow}


def main(faults: list[str], out: Path) -> None:
    """Print a line a fault."""
    shutil.rmtree(out, ignore_errors=True)
    for name in faults:
        print(f"{name}: {FAULTS[name](out / name)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("faults", nargs="*", help=f"of {', '.join(FAULTS)}; default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "runs/outages")
    given = parser.parse_args()
    main(given.faults or list(FAULTS), given.out)
