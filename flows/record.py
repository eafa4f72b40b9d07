"""record: people read sentences on a page of this machine, and acceptance.jsonl gets their rows.

    flywheel record my-flywheel

It is no flow on Prefect: a person sits in front of it.
"""

from __future__ import annotations

import sys

from flows.cli import run_named

if __name__ == "__main__":
    sys.exit(run_named("record"))
