"""Simulate the verdict: how often it keeps a useless or harmful candidate, and a useful one.

    python reference/simulation.py                    # prints the tables of VERDICT.md
    python reference/simulation.py --tables guards    # or those of one part

Every verdict is one of the real `decide()`. A benchmark has terms of a few sentences, each spoken by
one of several voices; the comparison model misses half of the rows. A *history* is one benchmark on
which up to ten fine-tunes are judged, each at the level of its look; it ends when one is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

from worlds.against import against_tables
from worlds.harm import guard_tables, plan_tables, power_tables
from worlds.looks import looks_tables
from worlds.useless import interval_tables, source_tables, useless_tables

from tasks.domain.verdict import statistics

TABLES: dict[str, Callable[[range], None]] = {
    "useless": useless_tables,
    "sources": source_tables,
    "guards": guard_tables,
    "power": power_tables,
    "plan": plan_tables,
    "looks": looks_tables,
    "interval": interval_tables,
    "against": against_tables,
}


def main() -> None:
    """Print tables in markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=100, help="histories of each cell")
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first history")
    parser.add_argument("--tables", nargs="+", choices=TABLES, default=list(TABLES))
    arguments = parser.parse_args()
    statistics.DRAWS = 1_000  # of the interval, which decides nothing
    for name in arguments.tables:
        TABLES[name](range(arguments.seed, arguments.seed + arguments.trials))


if __name__ == "__main__":
    main()
