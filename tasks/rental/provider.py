"""The interface of a provider of machines."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, Protocol

from tasks.domain.errors import RentalFailed
from tasks.processes import bound

MachineState = Literal["on", "stopped", "gone"]
SHOWN_CHARACTERS = 300


class Provider(Protocol):
    """Rents out machines by name; every method raises RentalFailed where it is refused."""

    name: str

    def price_per_hour(self, instance: str) -> float | None:
        """Return the price of a kind of machine in US dollars; None where it names none.

        Raises RentalFailed too where nobody is logged in.
        """

    def create(self, name: str, instance: str, startup: Path) -> None:
        """Make a machine that runs the script `startup` when it boots, and wait until it is up."""

    def address(self, name: str) -> str:
        """Return the host that ssh knows the machine by."""

    def state(self, name: str) -> MachineState:
        """Return the state of a machine; `gone` only where the provider confirms it."""

    def stop(self, name: str) -> None:
        """Switch a machine off; its disk is kept, and goes on to cost."""

    def delete(self, name: str) -> None:
        """Delete a machine and its disk."""


def output_of(command: Sequence[str], *, given: str | None = None, seconds: float = 120) -> str:
    """Run a program and return what it printed; raise RentalFailed with its last words.

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
        lines = (done.stderr.strip() or done.stdout.strip() or "it printed nothing").splitlines()
        words = lines[-1][-SHOWN_CHARACTERS:]
        raise RentalFailed(f"{shown} failed with exit code {done.returncode}: {words}")
    return done.stdout
