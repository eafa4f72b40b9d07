"""The costs that a person is shown before a machine is rented."""

from __future__ import annotations

import pytest

from tasks.domain.policy import Policy, RentPolicy
from tasks.rental.cost import Estimate, Offer, Trained, Work, estimate_hours, work_of


def offer(hours: float = 1.0, price: float = 1.5, **rent: object) -> Offer:
    policy = RentPolicy.model_validate(rent)
    return Offer(policy, price, "price of brev", Estimate(hours, "1 h"), "Data leaves.")


def test_the_costs_are_an_hour_this_run_the_life_a_day_idle_and_the_disk() -> None:
    text = offer(hours=2).text
    for cost in ("$1.50", "$3.00", "$9.00", "$36.00", "about $20.00"):
        assert cost in text
    assert "Data leaves." in text
    assert "the machine is deleted" in text
    assert "its disk still costs money" in offer(after="stop").text


def test_a_machine_lives_no_longer_than_the_limit_of_its_cost_pays() -> None:
    assert offer().life_hours == 6
    assert offer(max_cost=3).life_hours == 2
    assert offer(max_cost=30).life_hours == 6


@pytest.mark.parametrize(
    ("hours", "rent", "refused"),
    [
        (2, {}, False),
        (2, {"max_cost": 3}, False),
        (2.1, {"max_cost": 3}, True),
        (6, {}, False),
        (6.1, {}, True),
    ],
)
def test_what_is_over_the_limits_of_the_policy_is_refused_whoever_is_asked(
    hours: float, rent: dict[str, object], refused: bool
) -> None:
    assert (offer(hours, **rent).refusal is not None) is refused


def test_the_speed_that_was_measured_replaces_the_assumed_one() -> None:
    work = Work(row_epochs=36_000, clips=0, jobs=0)
    assumed, measured = estimate_hours(work, []), estimate_hours(work, [Trained(100, 3, 30.0)])
    assert assumed.hours - measured.hours == pytest.approx(36_000 * (0.3 - 0.1) / 3600)
    assert "at 0.10 s, measured in 1 fine-tune on a GPU" in measured.basis
    assert "at 0.30 s, assumed" in assumed.basis


def test_folds_seeds_replay_and_arms_are_more_work() -> None:
    plain = work_of(Policy(boost="off"), 100, 0)
    folds = work_of(Policy(boost="off", folds=4), 100, 0)
    assert (folds.row_epochs, folds.jobs) == (5 * plain.row_epochs, plain.jobs + 8)
    seeds = work_of(Policy.model_validate({"boost": "off", "sft": {"seeds": 3}}), 100, 0)
    assert (seeds.row_epochs, seeds.jobs) == (3 * plain.row_epochs, plain.jobs + 2)
    assert seeds.clips == plain.clips
    replayed = Policy.model_validate({"replay": {"manifest": "r.jsonl", "ratio": 2}, "arms": {}})
    assert work_of(replayed, 100, 0).row_epochs == 3 * plain.row_epochs
    assert work_of(replayed, 100, 0).clips > plain.clips
