"""rented.json of a cycle: every machine that was rented for it, written before a machine is made."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from tasks.records.files import write_record
from tasks.records.record import Part, Record, Timestamp, read_record

FILE = "rented.json"
LOCK = "rented"
RentalState = Literal["creating", "on", "stopped", "deleted"]


class Rental(Part):
    """One rented machine; while `state` is creating or on, somebody has to end it."""

    name: str = Field(description="As provider and ssh know it")
    provider: str
    instance: str
    price_per_hour: float = Field(description="US dollars")
    price_source: str
    estimated_cost: float = Field(description="US dollars, before it was rented")
    max_hours: float = Field(description="Life after which it shuts itself down")
    after: Literal["delete", "stop"]
    state: RentalState = "creating"
    gpu: str | None = None
    created_at: Timestamp
    work_seconds: float | None = Field(None, description="That the cycle was at work there")
    ended_at: Timestamp | None = None
    seconds: float | None = Field(None, description="From created_at to ended_at")
    cost: float | None = Field(None, description="US dollars: seconds at the price; no bill")
    outcome: str = Field("", description="What became of the cycle there")

    @property
    def ended(self) -> bool:
        return self.state in ("stopped", "deleted")

    @property
    def sentence(self) -> str:
        """Return a sentence on the state of the machine and its cost."""
        hours, cost = (self.seconds or 0) / 3600, self.cost or 0
        return f"{self.name} was rented for {hours:.2f} h, about ${cost:.2f}; it is {self.state}."

    def ended_as(self, state: RentalState, at: Timestamp) -> Rental:
        """Record how and when it ended, and what it cost."""
        lasted = datetime.fromisoformat(at) - datetime.fromisoformat(self.created_at)
        seconds = lasted.total_seconds()
        cost = round(seconds / 3600 * self.price_per_hour, 4)
        news = {"state": state, "ended_at": at, "seconds": seconds, "cost": cost}
        return self.model_copy(update=news)


class RentedRecord(Record):
    """rented.json: the machines that were rented for a cycle, the oldest first."""

    way_out: ClassVar[str] = "see at the provider that no machine is left, then remove it"
    cycle: int
    rentals: tuple[Rental, ...]


def read_rentals(path: Path) -> tuple[Rental, ...]:
    """Return the rentals of a cycle; none where there is no file."""
    record = read_record(path, RentedRecord)
    return record.rentals if record else ()


def write_rental(path: Path, rental: Rental) -> None:
    """Write one rental, in the place of what was recorded of the same machine."""
    before = read_rentals(path)
    others = [one for one in before if one.name != rental.name]
    number = int(path.parent.name.removeprefix("cycle"))
    write_record(path, RentedRecord(cycle=number, rentals=(*others, rental)))


def left_rentals(root: Path) -> list[tuple[Path, Rental]]:
    """Return the machines of a workspace of which nobody recorded the end."""
    paths = sorted(root.glob(f"cycle*/{FILE}"))
    return [(path, one) for path in paths for one in read_rentals(path) if not one.ended]
