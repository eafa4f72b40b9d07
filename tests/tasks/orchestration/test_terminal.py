"""What a command prints at its end, in a pipe and on a terminal."""

from __future__ import annotations

import io
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.cycle import flywheel_cycle
from tasks.orchestration.terminal import print_document, terminal_summary, typed
from tasks.workspace.inputs import open_cycle
from tasks.workspace.paths import Cycle
from tests.terminal import OnTerminal

PATH = "/a/long/path/" + "x" * 100 + "/report.html"
TEXT = f"# Cycle 1: reject\n\n| Rows | KER |\n|---|---|\n| test | 0.038 |\n\nReport: {PATH}"


def test_a_pipe_receives_the_markdown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_document(TEXT)
    assert capsys.readouterr().out == TEXT + "\n"


def drawn(**environment: str) -> str:
    code = f"from tasks.orchestration.terminal import print_document; print_document({TEXT!r})"
    shown = OnTerminal("-c", code, environment=environment)
    shown.seconds_to_end()
    return shown.shown


def test_a_terminal_shows_a_colored_verdict_a_drawn_table_and_whole_paths() -> None:
    heading, *rest = drawn().splitlines()
    assert heading == "\x1b[1;31mCycle 1: reject\x1b[0m"
    assert not any("|" in line for line in rest)
    assert rest[-1] == f"Report: {PATH}"


def test_no_color_is_respected_and_a_dumb_terminal_gets_markdown() -> None:
    assert "\x1b[1;31m" not in drawn(NO_COLOR="1")
    assert drawn(TERM="dumb") == TEXT + "\n"


def test_a_stopped_gate_names_its_route_its_reasons_and_the_command_to_go_on(
    gated: Callable[..., Cycle],
) -> None:
    cycle = gated("build", "small")
    lines = terminal_summary(cycle, 0, None).splitlines()
    assert lines[0] == "# Gate of cycle 1: stopped, route `build`"
    assert "Rows: 1 (drug 1). Next: grow the benchmark." in lines
    command = ["flows.cycle", "--workspace", str(cycle.root), "--cycle", "1"]
    assert lines[-1].startswith("To go on: ")
    assert lines[-1].endswith(f" -m {shlex.join(command)}")


def test_a_cycle_that_was_stopped_as_asked_says_so(gated: Callable[..., Cycle]) -> None:
    assert "\n\nStopped after sft, as asked.\n\nTo go on: " in terminal_summary(
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
def test_a_kept_cycle_ends_with_its_verdict_once_its_champion_and_the_next_command(
    flywheel: Callable[..., Path],
) -> None:
    root = flywheel()
    assert flywheel_cycle(root, return_state=True).name == "Kept"
    text = terminal_summary(open_cycle(root, 1), 0, None)
    assert text.count("Cycle 1: keep") == 1
    report, champion, following = text.splitlines()[-3:]
    assert Path(report.removeprefix("Report: ")).is_file()
    assert Path(champion.removeprefix("Champion: ")).is_file()
    assert following.startswith(f"To go on with {root / 'cycle2/manifest.jsonl'}: ")
    assert following.endswith(f"flows.cycle --workspace {root} --cycle 2")


def asked(answer: bytes) -> OnTerminal:
    code = (
        "from tasks.orchestration.bars import bars\n"
        "from tasks.orchestration.terminal import typed\n"
        "with bars():\n"
        "    print('typed:', typed('What it costs.', 'YES'))"
    )
    shown = OnTerminal("-c", code, environment={})
    while "to go on: " not in shown.shown:
        time.sleep(0.05)
    shown.press(answer)
    shown.seconds_to_end()
    return shown


@pytest.mark.parametrize(
    ("answer", "outcome"), [(b"YES\n", "True"), (b"yes\n", "False"), (b"\n", "False")]
)
def test_a_person_is_asked_with_no_bar_in_the_way_and_only_the_very_word_counts(
    answer: bytes, outcome: str
) -> None:
    shown = asked(answer).shown
    assert "What it costs.\n\nType YES to go on: " in shown
    assert f"typed: {outcome}" in shown


def test_a_pipe_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("YES\n"))
    assert typed("What it costs.", "YES") is None
