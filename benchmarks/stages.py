"""Divide the time of a cycle's stages on this host into imports, loading of models, and work.

    PYTHONPATH=. python benchmarks/stages.py --workspace runs/demo

Runs cycle 1 of a workspace that is not decided, and watches when its NeMo jobs are forked and when they
print that a model is restored. Of a job of several models, the load of a later one begins when the one
before has decoded its last clip. What a stage takes besides its jobs is under `rest`.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tasks.domain.jobs import DECODED
from tasks.jobs import runner
from tasks.logs import present_stage

RESTORED = re.compile(r"was successfully restored from")
PARTS = ("import", "load", "work")


@dataclass
class Parts:
    """Seconds of a job's parts: each moment belongs to the part that the next line tells the end of."""

    since: float
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))

    def end(self, part: str, now: float) -> None:
        self.seconds[part] += now - self.since
        self.since = now

    def read(self, line: str, now: float) -> None:
        """Take from a line of the log that a model was restored, or has transcribed clips."""
        if RESTORED.search(line):
            self.end("load", now)
        elif DECODED.search(line):
            self.end("work", now)


def watch(of_stages: dict[str, dict[str, float]]) -> None:
    """Add to each stage the parts of the jobs that it runs from now on."""
    plain = runner.Process.lines

    def lines(process: runner.Process) -> Iterator[str]:
        parts = Parts(time.monotonic())
        _ = process._process.pid  # a forked job has one once NeMo is imported
        parts.end("import", time.monotonic())
        for line in plain(process):
            parts.read(line, time.monotonic())
            yield line
        parts.end("work", time.monotonic())
        total = of_stages.setdefault(present_stage(), dict.fromkeys(PARTS, 0.0))
        for part in PARTS:
            total[part] += parts.seconds[part]

    runner.Process.lines = lines  # type: ignore[method-assign]


def main(workspace: Path) -> None:
    """Run the cycle, and print a line for each of its stages."""
    from flows.cycle import flywheel_cycle
    from tasks.orchestration.server import on_prefect
    from tasks.workspace.open import open_cycle
    from tasks.workspace.times import stage_count, stage_times

    of_stages: dict[str, dict[str, float]] = {}
    watch(of_stages)
    before = stage_count(open_cycle(workspace, 1))
    began = time.monotonic()
    runner.import_ahead()
    with on_prefect(lambda: False):
        flywheel_cycle(workspace, 1)
    wall = time.monotonic() - began
    print(
        "| Stage | Seconds | Share | Import | Load | Work | Rest |\n|---|---|---|---|---|---|---|"
    )
    spent = 0.0
    for stage in stage_times(open_cycle(workspace, 1), before):
        parts = of_stages.get(stage.stage, dict.fromkeys(PARTS, 0.0))
        rest, spent = stage.seconds - sum(parts.values()), spent + stage.seconds
        cells = [stage.seconds, *(parts[part] for part in PARTS), rest]
        shown = [f"{cell:.1f}" for cell in cells]
        shown.insert(1, f"{stage.seconds / wall:.0%}")
        print(f"| {stage.stage} | {' | '.join(shown)} |")
    print(f"| besides stages | {wall - spent:.1f} | {(wall - spent) / wall:.0%} | | | | |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workspace", type=Path, required=True)
    main(parser.parse_args().workspace)
