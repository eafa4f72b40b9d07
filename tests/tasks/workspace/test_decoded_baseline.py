"""Our own baseline is made again when it is stale; a person's is an input and is left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.domain.policy import Policy
from tasks.workspace.cycle import Cycle, Run
from tasks.workspace.decoded import (
    Decoding,
    baseline_is_given,
    own_baseline_is_stale,
    own_baseline_path,
    write_own_baseline,
)
from tasks.workspace.open import open_cycle


@pytest.fixture
def cycle(workspace: Callable[..., Path]) -> Cycle:
    cycle = open_cycle(workspace([{}, {"text": "metoprolol it is"}]), 1)
    Decoding(Run(cycle), cycle.comparison).write(["a", "b"])
    write_own_baseline(cycle)
    return cycle


def with_another_base(cycle: Cycle) -> Cycle:
    return open_cycle(cycle.root, 1, Policy(base="nvidia/parakeet-ctc-0.6b"))


def test_our_own_baseline_is_stale_for_another_model(cycle: Cycle) -> None:
    assert not own_baseline_is_stale(cycle)
    assert own_baseline_is_stale(with_another_base(cycle))


def test_a_baseline_that_a_person_put_there_is_given_and_never_stale(cycle: Cycle) -> None:
    assert not baseline_is_given(cycle)
    cycle.per_sample.write_text(cycle.per_sample.read_text() + "\n")
    assert baseline_is_given(cycle)
    assert not own_baseline_is_stale(with_another_base(cycle))


def test_a_kill_between_its_two_files_leaves_no_baseline_that_could_pass_for_a_persons(
    cycle: Cycle,
) -> None:
    """The record that it is ours is written first: without it per_sample.json is never used."""
    assert own_baseline_path(cycle).stat().st_mtime_ns <= cycle.per_sample.stat().st_mtime_ns
    cycle.per_sample.unlink()
    assert cycle.baseline_sha256 is None
    assert not baseline_is_given(cycle)
    assert not own_baseline_is_stale(cycle)
