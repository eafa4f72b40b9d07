"""Time and cost of the jobs of a cycle, and whether they reach a cap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tasks.domain.policy import CostPolicy

HOUR_SECONDS = 3600


class JobTime(BaseModel):
    """The seconds that one attempt at a job has taken, as far as they are known.

    `beside` jobs shared them, this one with them.
    """

    model_config = ConfigDict(frozen=True)

    job: str
    stage: str
    inputs_sha256: str
    accelerator: Literal["cpu", "gpu"]
    devices: int = 1
    beside: int = 1
    seconds: float

    @property
    def own_seconds(self) -> float:
        """Its part of the seconds: those of a host are paid for once."""
        return self.seconds / self.beside


@dataclass(frozen=True)
class Spent:
    """Time of the jobs of a cycle, every attempt counted, and its cost at a known price.

    `gpu_seconds` count each GPU of a job, `compute_seconds` are those of jobs on a CPU.
    """

    gpu_seconds: float
    compute_seconds: float
    hours: float
    cost: float | None

    @property
    def sentence(self) -> str:
        """Return it as one line.

        >>> Spent(1234.4, 60.0, 0.36, 0.54).sentence
        '1,234 GPU seconds and 60 compute seconds, about 0.54'
        """
        kinds = {"GPU": self.gpu_seconds, "compute": self.compute_seconds}
        counts = [f"{value:,.0f} {kind} seconds" for kind, value in kinds.items() if value]
        cost = "" if self.cost is None else f", about {self.cost:,.2f}"
        return (" and ".join(counts) or "0 seconds") + cost


def spent(times: Sequence[JobTime], price_per_hour: float | None) -> Spent:
    """Sum what jobs took."""
    gpu = sum(one.own_seconds * one.devices for one in times if one.accelerator == "gpu")
    cpu = sum(one.own_seconds for one in times if one.accelerator == "cpu")
    hours = sum(one.own_seconds for one in times) / HOUR_SECONDS
    cost = None if price_per_hour is None else round(hours * price_per_hour, 4)
    return Spent(round(gpu, 1), round(cpu, 1), round(hours, 5), cost)


def cap_reached(times: Sequence[JobTime], caps: CostPolicy, *, foreseen: bool = False) -> str:
    """Return the cap that the jobs reach, `foreseen` where they would at their end; empty where none."""
    total = spent(times, caps.price_per_hour)
    verb = "would take" if foreseen else "have taken"
    if caps.max_hours is not None and total.hours >= caps.max_hours:
        found, cap = f"{verb} {total.hours:.3g} hours", f"max_hours is {caps.max_hours:g}"
    elif caps.max_cost is not None and total.cost is not None and total.cost >= caps.max_cost:
        verb = "would cost" if foreseen else "have cost"
        found, cap = f"{verb} {total.cost:.3g}", f"max_cost is {caps.max_cost:g}"
    else:
        return ""
    return f"the jobs of this cycle {found}, and cost.{cap}: raise the cap and rerun to resume"
