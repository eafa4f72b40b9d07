"""The terminal of a command: what a pipe receives, and what a person is asked."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from tasks.orchestration.terminal import print_document, typed
from tests.terminal import OnTerminal

TEXT = "# Cycle 1: reject\n\n| Rows | KER |\n|---|---|\n| test | 0.038 |"


def test_a_pipe_receives_the_markdown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_document(TEXT)
    assert capsys.readouterr().out == TEXT + "\n"


def asked(answer: bytes, wait_for: Callable[..., Any]) -> OnTerminal:
    code = (
        "from tasks.orchestration.bars import bars\n"
        "from tasks.orchestration.terminal import typed\n"
        "with bars():\n"
        "    print('typed:', typed('What it costs.', 'YES'))"
    )
    shown = OnTerminal("-c", code, environment={})
    wait_for(lambda: "to continue: " in shown.shown)
    shown.press(answer)
    shown.wait_for_end()
    return shown


@pytest.mark.parametrize(
    ("answer", "outcome"), [(b"YES\n", "True"), (b"yes\n", "False"), (b"\n", "False")]
)
def test_a_person_is_asked_with_no_bar_in_the_way_and_only_the_very_word_counts(
    wait_for: Callable[..., Any], answer: bytes, outcome: str
) -> None:
    shown = asked(answer, wait_for).shown
    assert "What it costs.\n\nType YES to continue: " in shown
    assert f"typed: {outcome}" in shown


def test_a_pipe_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("YES\n"))
    assert typed("What it costs.", "YES") is None
