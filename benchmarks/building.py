"""How long espeak-ng takes for a benchmark, and that its bytes are the same each time: for RESULTS.md.

    PYTHONPATH=. python benchmarks/building.py

600 rows of 60 reference terms are built three times: from scratch, once more in the same workspace, and from
scratch with the terms in another order. Exits with 1 where bytes differ or the second build makes a clip.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tasks.build import build_benchmark
from tasks.records.build import BuildRecord

TERMS = Path(__file__).parents[1] / "reference/terms.csv"


def started(root: Path, lines: Sequence[Sequence[str]], rows_per_term: int) -> Path:
    """Make a workspace that has these terms and nothing else."""
    root.mkdir()
    with (root / "terms.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(lines)
    policy = f"build: {{rows_per_term: {rows_per_term}, audition: 'off'}}\n"
    (root / "flywheel.yaml").write_text(policy)
    return root


def built(root: Path) -> tuple[BuildRecord, float, str]:
    """Build; give the record, the seconds, and one digest of the manifest and every clip."""
    began = time.perf_counter()
    record = build_benchmark(root, 1)
    seconds = time.perf_counter() - began
    found = hashlib.sha256()
    for path in sorted((root / "cycle1").rglob("*")):
        if path.suffix in (".jsonl", ".wav"):
            found.update(path.name.encode() + path.read_bytes())
    return record, seconds, found.hexdigest()


def main(terms: int, rows_per_term: int) -> int:
    """Print a line a build."""
    with TERMS.open(encoding="utf-8", newline="") as file:
        head, *lines = list(csv.reader(file))[: terms + 1]
    with tempfile.TemporaryDirectory() as folder:
        first = started(Path(folder) / "first", [head, *lines], rows_per_term)
        other = started(Path(folder) / "other", [head, *lines[::-1]], rows_per_term)
        builds = {
            "from scratch": built(first),
            "once more": built(first),
            "from scratch, terms in another order": built(other),
        }
    print("| Build | Rows | Refused | Clips made | Seconds | Bytes |")
    print("|---|---|---|---|---|---|")
    for name, (record, seconds, digest) in builds.items():
        refused = record.asked - record.made
        counts = f"{record.rows} | {refused} | {record.takes} | {seconds:.1f}"
        print(f"| {name} | {counts} | {digest[:12]} |")
    same = len({digest for _, _, digest in builds.values()}) == 1
    return int(not same or builds["once more"][0].takes > 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--terms", type=int, default=60, help="from the top of the reference list")
    parser.add_argument("--rows-per-term", type=int, default=10)
    parser.add_argument("--small", action="store_true", help="3 terms with 2 rows each")
    given = parser.parse_args()
    sizes = (3, 2) if given.small else (given.terms, given.rows_per_term)
    sys.exit(main(*sizes))
