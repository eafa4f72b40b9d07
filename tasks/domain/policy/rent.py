"""Settings of a rental: the machine, its life, and its cost."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tasks.domain.policy.section import PolicySection


class RentPolicy(PolicySection):
    """A GPU rented for one cycle; only `python -m flows.rent` and the flow rent-cycle read it."""

    provider: Literal["brev"] = Field("brev", description="Who is asked for the machine")
    instance: str = Field(
        "g6e.xlarge",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$",
        max_length=100,
        description="The provider's name of the machine; the default has an L40S of 48 GB",
    )
    price_per_hour: float = Field(
        1.5, gt=0, le=1000, description="Price per hour where the provider names none"
    )
    max_cost: float | None = Field(
        None,
        gt=0,
        description="Most that one rental may cost; it replaces the question in runs without a terminal",
    )
    max_hours: float = Field(
        6.0, ge=0.5, le=168, description="Life of the machine, after which it shuts itself down"
    )
    after: Literal["delete", "stop"] = Field(
        "delete", description="What is done with the machine at the end; stop keeps its disk"
    )
