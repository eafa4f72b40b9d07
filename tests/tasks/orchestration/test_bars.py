"""Bars on a terminal: what is reported is shown below the log, and nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from tasks.logs import is_shown
from tasks.orchestration.bars import bars
from tests.terminal import OnTerminal

WORK = """
import flows.cycle  # sets Prefect's logging up
from prefect.logging import get_logger
from tasks.domain.progress import Progress
from tasks.logs import at_stage, report
from tasks.orchestration.bars import bars

with bars(), at_stage("sft"):
    for step in (1, 2, 3):
        report(Progress("", step, 3, "steps", 3 - step, "val_wer 0.312"))
        input()
        get_logger("flywheel").info("step [%d] ends", step)
print("the end")
"""


def test_a_terminal_shows_a_bar_and_the_log_lines_whole_above_it(
    wait_for: Callable[..., Any],
) -> None:
    shown = OnTerminal("-c", WORK, environment={})
    for step in (1, 2, 3):
        wait_for(lambda step=step: f"{step} of 3 steps" in shown.shown)
        shown.press(b"\n")
    shown.wait_for_end()
    assert "2 of 3 steps, 0:01 left, val_wer 0.312" in shown.shown
    logged = [line for line in shown.lines if "] ends" in line]
    assert [line.split(" - ")[1] for line in logged] == [f"step [{n}] ends" for n in (1, 2, 3)]
    assert shown.shown.endswith("the end\n")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"CI": "true"}])
def test_where_nobody_watches_there_is_no_bar(environment: dict[str, str]) -> None:
    shown = OnTerminal("-c", WORK, environment=environment)
    shown.press(b"\n\n\n")
    shown.wait_for_end()
    assert "2 of 3 steps" not in shown.shown
    assert "\x1b[?25l" not in shown.shown, "the cursor is hidden"


def test_a_pipe_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert not sys.stderr.isatty()
    with bars():
        assert not is_shown()
    assert capsys.readouterr() == ("", "")
