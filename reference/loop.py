"""Let the wheel turn by itself: from a list of 40 terms to a benchmark, a verdict, and what follows.

    python reference/loop.py --out runs/loop

Writes the list, sentences for its terms and sets of general speech, builds cycle 1, and lets a sweep
run it and build what its verdict asks for. What is there is kept.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmark import speak_general, write_inputs  # noqa: E402
from text import terms  # noqa: E402

from flows.build import flywheel_build  # noqa: E402
from flows.sweep import flywheel_sweep  # noqa: E402
from tasks.orchestration.server import on_prefect  # noqa: E402
from tasks.orchestration.terminal import interruption  # noqa: E402
from tasks.processes import interruptible  # noqa: E402
from tasks.report.ledger_table import ledger_text  # noqa: E402

TERMS = {"drug": 26, "lab": 4, "role": 2, "anatomy": 2, "condition": 3, "procedure": 3}  # 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="the workspace to fill")
    root = parser.parse_args().out
    with interruptible(interruption):
        write_inputs(root, ROOT / "reference/loop.yaml", some_terms())
        speak_general(root)
        with on_prefect():
            if not (root / "cycle1/manifest.jsonl").exists():
                flywheel_build(root, 1)
            flywheel_sweep([root], advance=True)
    print(ledger_text(root), end="")


def some_terms() -> list[str]:
    """Return so many terms of each category, in the order of the reference list."""
    left = dict(TERMS)
    chosen = []
    for term in terms():
        category = term["entity_category"]
        if left.get(category, 0):
            left[category] -= 1
            chosen.append(term["term"])
    return chosen


if __name__ == "__main__":
    main()
