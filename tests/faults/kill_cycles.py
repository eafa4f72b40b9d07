"""Kill a cycle on fakes at random moments; the same command must then decide as undisturbed.

    python tests/faults/kill_cycles.py --kills 200 --containers 20 --out runs/kill_cycles

A kill is SIGKILL: of the process, of its group, of the NeMo job, or of the job's container in a real
Docker Engine. A trial is good when the same command, run until it ends, leaves the decision of the
undisturbed cycle besides its times, one ledger line, no process, no container, and no file half
written. A third runs with Prefect's temporary server, the others with a lasting one; `--containers` of
them run their jobs in containers, which needs root and `dockerd`, or DOCKER_HOST. A kill takes about ten
seconds.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

ATTEMPTS = 3
IMAGE = "flywheel-test/fake"
WAYS = ("process", "group", "job")


@contextlib.contextmanager
def engine(folder: Path) -> Iterator[dict[str, str]]:
    """Return the environment of cycles that run jobs in containers, on an engine of our own."""
    own = "DOCKER_HOST" not in os.environ
    script = ["bash", str(ROOT / "tests/engine.sh")]
    if own:
        started = subprocess.run(
            [*script, "start", str(folder)], capture_output=True, text=True, check=True
        )
        os.environ["DOCKER_HOST"] = started.stdout.strip()
    try:
        build = [sys.executable, str(ROOT / "tests/image.py"), IMAGE, str(trials.FAKES)]
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
        yield {"FLYWHEEL_RUNNER": "container", "FLYWHEEL_IMAGE": f"{IMAGE}:latest"}
    finally:
        if own:
            subprocess.run([*script, "stop", str(folder)], check=True)
            shutil.rmtree(folder, ignore_errors=True)
            del os.environ["DOCKER_HOST"]


def containers_of(root: Path) -> list[Any]:
    """The containers that have this workspace mounted."""
    import docker

    with contextlib.closing(docker.from_env()) as client:
        found = []
        ours = {"label": "flywheel.work"}
        for one in client.containers.list(all=True, filters=ours, ignore_removed=True):
            with contextlib.suppress(docker.errors.NotFound):
                one.reload()
                if any(mount["Source"].startswith(str(root)) for mount in one.attrs["Mounts"]):
                    found.append(one)
        return found


def kill_job(process: subprocess.Popen[bytes], root: Path) -> bool:
    """Kill the first NeMo job that this command has now or next."""
    while process.poll() is None:
        for child in trials.descendants(process):
            with contextlib.suppress(trials.psutil.NoSuchProcess):
                if any(part.startswith(str(trials.FAKES)) for part in child.cmdline()):
                    child.kill()
                    return True
        time.sleep(0.005)
    return False


def kill_container(process: subprocess.Popen[bytes], root: Path) -> bool:
    """Kill the first container that this command has now or next."""
    import docker

    while process.poll() is None:
        for container in containers_of(root):
            with contextlib.suppress(docker.errors.APIError):
                container.kill()
                return True
        time.sleep(0.05)
    return False


def trial(prepared: Path, root: Path, way: str, at: float, **environment: str) -> tuple[str, str]:
    """Kill one cycle, `at` seconds after its first stage began, and finish it.

    Gives where it was hit, and what is wrong.
    """
    shutil.copytree(prepared, root)
    process = trials.start(root, **environment)
    while process.poll() is None and not (root / ".locks").exists():
        time.sleep(0.01)
    time.sleep(at)
    begun = stages(root)
    left: list[Any] = []
    if way in ("job", "container"):
        hit = (kill_job if way == "job" else kill_container)(process, root)
        code = process.wait()
    else:
        hit = process.poll() is None
        left = trials.still_alive(trials.kill(process, group=way == "group"))
        code = process.returncode
    where = f"after {begun}" if hit else "it had ended"
    if left:
        return where, f"outlived the kill: {left}"
    attempts = 0
    while code and (attempts := attempts + 1) <= ATTEMPTS:
        code = trials.start(root, **environment).wait()
    if code:
        return where, f"exit code {code} after {ATTEMPTS} more runs"
    if "FLYWHEEL_IMAGE" in environment and (found := containers_of(root)):
        return where, f"left over: containers {found}"
    return where, ""


def stages(root: Path) -> str:
    """Name the last stage that was done when the kill came."""
    log = root / "cycle1/stages.jsonl"
    lines = log.read_text().splitlines() if log.exists() else []
    return lines[-1].split('"')[3] if lines else "start"


def undisturbed(prepared: Path, root: Path, **environment: str) -> tuple[dict[str, Any], float]:
    """Run a cycle to its end; return its decision and the seconds of its stages."""
    shutil.copytree(prepared, root)
    process = trials.start(root, **environment)
    while process.poll() is None and not (root / ".locks").exists():
        time.sleep(0.01)
    began = time.monotonic()
    process.wait()
    decided = trials.decision(root)
    if decided is None:
        raise SystemExit(root.with_suffix(".log").read_text())
    return decided, time.monotonic() - began


def main(kills: int, own: int, containers: int, seed: int, parallel: int, out: Path) -> int:
    """Print a line a kill; return the number of trials that did not end well."""
    shutil.rmtree(out, ignore_errors=True)
    prepared = trials.write_flywheel(out / "prepared", policy=trials.POLICY, seconds=0.5)
    undisturbed(prepared, out / "first")  # it makes Prefect's database
    rng = random.Random(seed)
    here = [WAYS[number % len(WAYS)] for number in range(kills - containers)]
    bad = run_trials(prepared, out / "own", here[:own], rng, parallel)
    with trials.server(out / "server") as api:
        bad += run_trials(prepared, out / "lasting", here[own:], rng, parallel, **api)
    if containers:
        with engine(out / "engine") as environment:
            ways = ["container" if n % 2 == 0 else "process" for n in range(containers)]
            bad += run_trials(prepared, out / "containers", ways, rng, parallel, **environment)
    print(f"{kills} kills, {bad} did not end as undisturbed")
    return min(bad, 100)


def run_trials(
    prepared: Path,
    out: Path,
    ways: list[str],
    rng: random.Random,
    parallel: int,
    **environment: str,
) -> int:
    whole, seconds = undisturbed(prepared, out / "undisturbed", **environment)
    print(f"{out.name}: undisturbed {whole['verdict']}, {seconds:.1f} s of stages", flush=True)
    moments = [rng.uniform(0, seconds) for _ in ways]
    counts: Counter[tuple[str, str]] = Counter()

    def one(number: int) -> bool:
        root, way = out / f"trial{number}", ways[number]
        where, wrong = trial(prepared, root, way, moments[number], **environment)
        wrong = wrong or trials.difference(root, whole)
        counts[way, where] += 1
        print(
            f"{number:3d} | {way:9s} | {moments[number]:4.1f} s | {where:28s} | {wrong or 'as undisturbed'}",
            flush=True,
        )
        if not wrong:
            shutil.rmtree(root)
        return bool(wrong)

    with ThreadPoolExecutor(parallel) as pool:
        bad = sum(pool.map(one, range(len(ways))))
    for (way, where), count in sorted(counts.items()):
        print(f"{way:9s} {where:28s} {count}")
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--own", type=int, default=40, help="so many with Prefect's own server")
    parser.add_argument("--containers", type=int, default=20, help="so many of them in containers")
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/kill_cycles")
    sys.exit(main(**vars(parser.parse_args())))
