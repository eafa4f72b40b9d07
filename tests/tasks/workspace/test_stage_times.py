"""The log of stage times is read as far as it can be, and blocks nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tasks.workspace.open import open_cycle
from tasks.workspace.stage_times import StageTime, append_time, stage_count, stage_times


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
