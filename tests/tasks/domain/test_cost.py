"""Seconds are summed by accelerator, and a cap is reported as reached or foreseen."""

from __future__ import annotations

import pytest

from tasks.domain.cost import JobTime, cap_reached, spent
from tasks.domain.policy import CostPolicy


def took(seconds: float, accelerator: str = "gpu", devices: int = 1, beside: int = 1) -> JobTime:
    return JobTime.model_validate(
        {
            "job": "j", "stage": "sft", "inputs_sha256": "i",
            "accelerator": accelerator, "devices": devices, "beside": beside, "seconds": seconds,
        }
    )  # fmt: skip


def test_gpu_seconds_count_each_gpu_and_the_machine_is_paid_by_the_hour() -> None:
    total = spent([took(1800, devices=2), took(1800, "cpu")], price_per_hour=1.5)
    assert (total.gpu_seconds, total.compute_seconds, total.hours) == (3600, 1800, 1)
    assert total.cost == 1.5
    assert spent([took(1)], None).cost is None


def test_jobs_beside_each_other_on_one_gpu_are_paid_for_once() -> None:
    total = spent([took(1800, beside=3)] * 3, price_per_hour=1.5)
    assert (total.gpu_seconds, total.hours, total.cost) == (1800, 0.5, 0.75)


@pytest.mark.parametrize(
    ("caps", "foreseen", "sentence"),
    [
        ({"max_hours": 0.5}, False, "have taken 0.6 hours, and cost.max_hours is 0.5"),
        ({"max_hours": 0.5}, True, "would take 0.6 hours, and cost.max_hours is 0.5"),
        ({"price_per_hour": 2, "max_cost": 1}, False, "have cost 1.2, and cost.max_cost is 1"),
        ({"price_per_hour": 2, "max_cost": 1}, True, "would cost 1.2, and cost.max_cost is 1"),
    ],
)
def test_a_cap_that_is_reached_is_named_with_the_way_on(
    caps: dict[str, float], foreseen: bool, sentence: str
) -> None:
    found = cap_reached([took(2160)], CostPolicy.model_validate(caps), foreseen=foreseen)
    assert sentence in found
    assert found.endswith("raise the cap and rerun to resume")


def test_below_every_cap_and_without_one_nothing_is_reached() -> None:
    caps = CostPolicy(price_per_hour=2, max_cost=1.3, max_hours=0.7)
    assert cap_reached([took(2160)], caps) == ""
    assert cap_reached([took(1e9)], CostPolicy()) == ""
