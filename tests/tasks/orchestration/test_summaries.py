"""The summary of a run at its end: the stages it ran, the outcome, and what to type next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from tasks.orchestration.summaries import terminal_summary
from tasks.records.files import write_record
from tasks.records.record import read_record
from tasks.records.stages import GateRecord
from tasks.workspace.commands import cycle_command
from tasks.workspace.cycle import Cycle
from tasks.workspace.open import open_cycle


def test_a_stopped_gate_names_its_route_its_reasons_and_the_command_to_go_on(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("build", "small")
    lines = terminal_summary(cycle, 0, None).splitlines()
    assert lines[0] == "# Gate of cycle 1: stopped, route `build`"
    assert "Rows: 1 (drug 1). Next: grow the benchmark." in lines
    assert lines[-1] == f"To continue: {cycle_command(cycle.root, 1)}"


def test_a_gate_that_names_a_command_leads_to_it_and_not_to_itself(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("build", "small")
    record = read_record(cycle.gate, GateRecord)
    assert record is not None
    helps = {"needs": "more terms in terms.csv", "command": "python -m flows.build"}
    write_record(cycle.gate, record.model_copy(update=helps))
    last = terminal_summary(cycle, 0, None).splitlines()[-1]
    assert last == "To continue with more terms in terms.csv: python -m flows.build"


def test_a_cycle_that_was_stopped_as_asked_is_reported(gated: Callable[..., Cycle]) -> None:
    assert "\n\nStopped after sft, as asked.\n\nTo continue: " in terminal_summary(
        gated("finetune", "worth it"), 0, "sft"
    )


def test_the_terminal_shows_the_stages_of_this_run_alone_and_what_they_reused(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("build", "small")
    cycle.stages.write_text(
        '{"stage": "gate", "seconds": 1.5}\n'
        '{"stage": "transcribe", "seconds": 2, "reused": "1 of 2 reused"}\n'
    )
    lines = terminal_summary(cycle, 1, None).splitlines()
    assert lines[2:4] == [
        "| transcribe | 2.0     | 1 of 2 reused |",
        "| total      | 2.0     |               |",
    ]


@pytest.mark.usefixtures("prefect_server")
def test_a_kept_cycle_ends_with_its_verdict_once_the_model_to_use_and_the_next_command(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    assert flywheel_cycle(root, return_state=True).name == "Kept"
    text = terminal_summary(open_cycle(root, 1), 0, None)
    assert text.count("# Cycle 1: keep the new model\n\nUse the new model: of ") == 1
    report, champion, following = text.splitlines()[-3:]
    assert Path(report.removeprefix("Report: ")).is_file()
    assert Path(champion.removeprefix("Model to use: ")).is_file()
    command = cycle_command(root, 2)
    assert following == f"To continue with {root / 'cycle2/manifest.jsonl'}: {command}"
