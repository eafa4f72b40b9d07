"""What a provider of machines has to be able to do."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Protocol

MachineState = Literal["on", "stopped", "gone"]


class Provider(Protocol):
    """Rents out machines by name; every method raises RentalFailed where it is refused."""

    name: str

    def price_per_hour(self, instance: str) -> float | None:
        """Give the price of a kind of machine in US dollars; None where it names none.

        Raises RentalFailed too where nobody is logged in.
        """

    def create(self, name: str, instance: str, startup: Path) -> None:
        """Make a machine that runs the script `startup` when it boots, and wait until it is up."""

    def address(self, name: str) -> str:
        """Give the host that ssh knows the machine by."""

    def state(self, name: str) -> MachineState:
        """Tell what has become of a machine; `gone` only where the provider says so."""

    def stop(self, name: str) -> None:
        """Switch a machine off; its disk is kept, and goes on to cost."""

    def delete(self, name: str) -> None:
        """Delete a machine and its disk."""
