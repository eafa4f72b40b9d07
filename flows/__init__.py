"""The flows: each reads as the recipe, the work is in `tasks`."""

import signal
import sys

if sys.argv[:1] == ["-m"]:  # a command that is still being imported: Ctrl-C ends it without a word
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from tasks.orchestration.profile import check_profiles
from tasks.settings import prepare_prefect

prepare_prefect()
check_profiles()
