"""Shards and a training on two devices run, on a CPU, and shards together transcribe as one job does."""

from __future__ import annotations

from collections.abc import Callable


def test_two_shards_transcribe_as_one_job_does_and_two_processes_train(
    run_small: Callable[[str], list[list[str]]],
) -> None:
    _, _, *decoded, _, _, trained = run_small("gpus")
    assert [(row[0], row[-1]) for row in decoded] == [("1", "0"), ("2", "0")]
    assert trained[0] == "2"
    assert float(trained[2]) > 0
