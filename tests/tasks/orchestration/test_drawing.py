"""Markdown drawn on a terminal: colors, tables, and paths in one piece."""

from __future__ import annotations

from tests.terminal import OnTerminal

PATH = "/a/long/path/" + "x" * 100 + "/report.html"
TEXT = f"# Cycle 1: reject\n\n| Rows | KER |\n|---|---|\n| test | 0.038 |\n\nReport: {PATH}"


def drawn(**environment: str) -> str:
    code = f"from tasks.orchestration.terminal import print_document; print_document({TEXT!r})"
    shown = OnTerminal("-c", code, environment=environment)
    shown.wait_for_end()
    return shown.shown


def test_a_terminal_shows_a_colored_verdict_a_drawn_table_and_whole_paths() -> None:
    heading, *rest = drawn().splitlines()
    assert heading == "\x1b[1;31mCycle 1: reject\x1b[0m"
    assert not any("|" in line for line in rest)
    assert rest[-1] == f"Report: {PATH}"


def test_no_color_is_respected_and_a_dumb_terminal_gets_markdown() -> None:
    assert "\x1b[1;31m" not in drawn(NO_COLOR="1")
    assert drawn(TERM="dumb") == TEXT + "\n"
