"""Caps on a cycle's jobs, in time and in money."""

from __future__ import annotations

from pydantic import Field, model_validator

from tasks.domain.policy.section import PolicySection


class CostPolicy(PolicySection):
    """Caps on the NeMo jobs of one cycle: its fine-tunes and decodings, all attempts together.

    A job that reaches one is stopped, or not started; with a higher cap the same command goes on.
    """

    price_per_hour: float | None = Field(
        None,
        gt=0,
        le=100_000,
        description="Price of an hour of the machine that runs the jobs, in your currency",
    )
    max_cost: float | None = Field(
        None, gt=0, description="Most that the jobs may cost, at price_per_hour"
    )
    max_hours: float | None = Field(
        None, gt=0, le=8760, description="Most hours that the jobs may take, waiting not counted"
    )

    @model_validator(mode="after")
    def _a_cost_has_a_price(self) -> CostPolicy:
        if self.max_cost is not None and self.price_per_hour is None:
            raise ValueError("max_cost needs price_per_hour")
        return self
