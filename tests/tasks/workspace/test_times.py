"""The times of jobs are those of the cycle's present inputs, and of files that can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.domain.cost import JobTime, Spent
from tasks.workspace.open import open_cycle
from tasks.workspace.times import (
    StageTime,
    append_time,
    cycle_of_jobs,
    cycle_spent,
    folder_of,
    job_times,
    jobs_of,
    stage_count,
    stage_times,
    write_job_time,
)


def test_only_readable_times_of_the_present_inputs_are_summed(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}], policy="cost: {price_per_hour: 3600}\n"), 1)
    assert cycle_spent(cycle) is None
    first = JobTime(
        job="a", stage="sft", inputs_sha256=cycle.inputs_sha256, accelerator="cpu", seconds=2
    )
    write_job_time(cycle, first)
    write_job_time(cycle, first.model_copy(update={"seconds": 3.0}))
    write_job_time(cycle, first.model_copy(update={"job": "b", "inputs_sha256": "earlier"}))
    (folder_of(cycle) / "c.json").write_bytes(b"\xff")
    assert [one.seconds for one in job_times(cycle)] == [3]
    assert cycle_spent(cycle) == Spent(0, 3, 0.00083, 3.0)


def test_jobs_are_of_a_cycle_inside_its_stages_alone(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    with jobs_of(cycle):
        assert cycle_of_jobs() is cycle
    assert cycle_of_jobs() is None


def test_a_damaged_line_of_the_stage_times_is_left_out_and_blocks_nothing(
    workspace: Callable[..., Path],
) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    cycle.stages.write_bytes(b'{"stage": "gate", "seconds": 0.1}\n{"sta\xff\n')
    assert stage_count(cycle) == 2
    assert [line.stage for line in stage_times(cycle)] == ["gate"]
    assert stage_times(cycle, since=1) == []


def test_a_log_that_is_no_regular_file_is_left_alone(workspace: Callable[..., Path]) -> None:
    cycle = open_cycle(workspace([{}]), 1)
    cycle.stages.mkdir()
    append_time(cycle, StageTime(stage="gate", seconds=0.1))
    assert stage_times(cycle) == []
