"""audition: listen to each term, and accept, reject or replace its pronunciation, before rows are made.

    flywheel audition my-flywheel 1 --serve

It is no flow on Prefect: a person sits in front of it.
"""

from __future__ import annotations

import sys

from flows.cli import run_named

if __name__ == "__main__":
    sys.exit(run_named("audition"))
