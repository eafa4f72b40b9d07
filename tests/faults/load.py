"""Measure cycles on fakes under load: seconds, peak memory, and whether everything is whole after.

    python tests/faults/load.py rows --count 100000 --terms 20000
    python tests/faults/load.py sweep --workspaces 200 --cycles 5
    python tests/faults/load.py runs --count 50

`rows`: one cycle of many rows. `sweep`: one sweep over many cycles, most of them decided. `runs`: one
cycle, started so many times at once. Run it alone on its machine.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import shutil
import sys
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import trials
from trials import ROOT

from tests.conftest import CATEGORIES, FIELDS, write_fake_model

Figures = dict[str, Any]


def write_rows(root: Path, rows: int, terms: int) -> Path:
    """Write a workspace of so many rows and terms, a clip of a tenth of a second each."""
    audio = root / "cycle1/audio"
    audio.mkdir(parents=True)
    with (root / "cycle1/manifest.jsonl").open("w") as manifest:
        for number in range(rows):
            with wave.open(str(audio / f"{number}.wav"), "wb") as clip:
                clip.setnchannels(1)
                clip.setsampwidth(2)
                clip.setframerate(16_000)
                clip.writeframes(number.to_bytes(4, "little") * 800)
            term = f"term{number % terms}"
            fields = FIELDS | {
                "audio_filepath": f"audio/{number}.wav",
                "duration": 0.1,
                "term": term,
                "text": f"please start {term} today, number {number}",
                "entity_category": CATEGORIES[number % terms % len(CATEGORIES)],
                "voice_id": f"voice{number % 50}",
            }
            manifest.write(json.dumps(fields) + "\n")
    (root / "flywheel.yaml").write_text("base: base.nemo\ndecide: {open_guard: keep}\nboost: off\n")
    write_fake_model(root / "base.nemo", 0.8)
    return root


@contextmanager
def measured(figures: Figures) -> Iterator[None]:
    """Add seconds, and the peak memory of this process, which must be its first work."""
    began = time.monotonic()
    yield
    figures["seconds"] = round(time.monotonic() - began, 1)
    figures["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def in_a_process(target: Any, *arguments: Any) -> Any:
    """Run in a process of its own and give what it returns, so that memory is its own."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(target, arguments)


def run_cycle(root: Path, environment: dict[str, str]) -> Figures:
    """Run cycle 1 from its flags to its summary."""
    os.environ.update(environment)
    from flows.cycle import CycleFlags, run

    figures: Figures = {}
    with measured(figures):
        run(CycleFlags(workspace=root, cycle=1))
    return figures


def rows(out: Path, environment: dict[str, str], count: int, terms: int) -> Figures:
    root = write_rows(out / "rows", count, terms)
    figures = in_a_process(run_cycle, root, environment)
    lines = (root / "cycle1/stages.jsonl").read_text().splitlines()
    stages = [json.loads(line) for line in lines]
    jobs = ("transcribe-baseline", "sft", "transcribe")
    figures["jobs"] = round(sum(one["seconds"] for one in stages if one["stage"] in jobs), 1)
    figures["stages"] = {
        f"{number} {one['stage']}": one["seconds"] for number, one in enumerate(stages)
    }
    figures["verdict"] = (trials.decision(root) or {}).get("verdict")
    figures["again"] = in_a_process(run_cycle, root, environment)
    return figures


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("rows",))
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--terms", type=int, default=20_000)
    parser.add_argument("--out", type=Path, default=ROOT / "runs/load")
    given = parser.parse_args()
    shutil.rmtree(given.out, ignore_errors=True)
    with trials.server(given.out / "server") as api:
        print(
            json.dumps(
                rows(given.out, trials.ENVIRONMENT | api, given.count, given.terms), indent=2
            )
        )
