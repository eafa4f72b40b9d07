"""Systems have names, and each set of rows is read from what was decoded of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.domain.decoding import DecodingConfig
from tasks.workspace.comparison import (
    arm_rows,
    boost_systems,
    decodings_of,
    read_transcribed,
    tuned_systems,
)
from tasks.workspace.cycle import Cycle, Run

ROWS = [{"text": f"start metoprolol {number}"} for number in range(5)]
BOOSTED = DecodingConfig(strategy="beam", boost_alpha=1.0)


@pytest.fixture
def cycle(trained: Callable[..., Cycle], fake_model: Callable[..., object]) -> Cycle:
    """Five rows, the last held out, and a fine-tune with two averages."""
    policy = "arms: {boosted: true, base_shares: [0.0]}\nsft: {base_share: 0.5}\n"
    cycle = trained(ROWS, policy=policy)
    for share in (0.0, 0.5):
        Run(cycle).arm(share).parent.mkdir(exist_ok=True)
        fake_model(Run(cycle).arm(share), share)
    return cycle


def test_the_base_is_tried_as_it_is_with_a_beam_and_boosted(cycle: Cycle) -> None:
    names = [name for name, _, _ in boost_systems(cycle)]
    assert names == ["base, greedy", "base, beam", "base, beam boosted 0.5", "base, beam boosted 1"]


def test_the_system_that_is_expected_to_win_comes_first(cycle: Cycle) -> None:
    assert [name for name, _, _ in tuned_systems(cycle, BOOSTED)] == [
        "fine-tune with 50% of its base, beam boosted 1",
        "fine-tune with 50% of its base, greedy",
        "fine-tune, beam boosted 1",
        "fine-tune, greedy",
    ]
    assert [share for _, share, _ in tuned_systems(cycle, None)] == [0.5, 0.0]


def test_rows_that_train_are_those_that_a_boosting_is_chosen_on(cycle: Cycle) -> None:
    named = boost_systems(cycle)
    given = arm_rows(cycle, "boost", named)
    assert {"metoprolol", "zolpidem"} <= {phrase.lower() for phrase in given.boosted}
    assert arm_rows(cycle, "boost", named[:2]).boosted == ()
    assert [row.text for row in given.rows] == [row["text"] for row in ROWS[:4]]
    named = named[:1]
    decodings_of(cycle, named, "boost")[0].write(["a", "b", "c", "d"])
    (transcribed,) = read_transcribed(cycle, given, named, "boost", "boost")
    assert (transcribed.name, transcribed.clinical.texts) == ("base, greedy", ["a", "b", "c", "d"])


def test_test_rows_are_a_set_of_their_own(cycle: Cycle) -> None:
    (test,) = decodings_of(cycle, boost_systems(cycle)[:1], "test")
    assert [row.text for _, row, _ in test.clips] == [ROWS[4]["text"]]
