"""Other programs of this host: run, with a failure as one sentence."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tasks.domain.errors import RentalFailed
from tasks.processes import bound

SHOWN_CHARACTERS = 300


def output_of(command: Sequence[str], *, given: str | None = None, seconds: float = 120) -> str:
    """Run a program and give what it printed; raise RentalFailed with its last words.

    It ends with this process. Without `given` it has nothing to read, and asks no question.
    """
    shown = " ".join(word for word in command[:2] if not word.startswith("-"))
    try:
        done = subprocess.run(
            bound(command),
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        raise RentalFailed(f"{command[0]} is not installed on this machine") from None
    except subprocess.TimeoutExpired:
        raise RentalFailed(f"{shown} did not answer in {seconds:.0f} s") from None
    if done.returncode:
        lines = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()
        words = lines[-1][-SHOWN_CHARACTERS:]
        raise RentalFailed(f"{shown} failed with exit code {done.returncode}: {words}")
    return done.stdout
