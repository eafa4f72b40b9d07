"""The flows: each reads as the recipe, the work is in `tasks`."""

import signal
import sys
from pathlib import Path

if sys.argv[:1] == ["-m"]:  # a command that is still being imported
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    if not sys.flags.safe_path and Path(sys.path[0]) != Path(__file__).parents[1]:
        del sys.path[0]  # the current folder, which may have a tasks.py of its own

from tasks.orchestration.profile import prepare_prefect

prepare_prefect()
