"""audition: hear how each term is said, and accept, reject or replace it, before rows are made of it.

    python -m flows.audition --workspace my-flywheel --cycle 1 --serve

It is no flow on Prefect: a person sits in front of it.
"""

from __future__ import annotations

import sys

from flows.commands.audition import main

if __name__ == "__main__":
    sys.exit(main())
