"""Shards and a training on two devices run, on a CPU, and shards together hear what one job hears."""

from __future__ import annotations

from collections.abc import Callable


def test_two_shards_hear_what_one_job_hears_and_two_processes_train(
    run_small: Callable[[str], list[list[str]]],
) -> None:
    _, _, *decoded, _, _, trained = run_small("gpus")
    assert [(row[0], row[-1]) for row in decoded] == [("1", "0"), ("2", "0")]
    assert trained[0] == "2"
    assert float(trained[2]) > 0
