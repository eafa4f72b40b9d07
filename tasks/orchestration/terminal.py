"""The terminal of a command: what is printed at its end, what a person is asked, how Ctrl-C looks."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from tasks.logs import present_stage


class Drawn(Protocol):
    """The bars on the terminal while the work goes on."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


drawn: list[Drawn] = []


def is_terminal(stream: TextIO) -> bool:
    """Return whether a person watches this stream: not in CI, nor where control codes are shown."""
    return stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")


@contextmanager
def without_bars() -> Iterator[None]:
    """While inside, nothing is drawn on the terminal: a person is asked there."""
    for display in drawn:
        display.stop()
    try:
        yield
    finally:
        for display in drawn:
            display.start()


def interruption() -> str:
    """Take the bars away, and return the last line of a command that is interrupted."""
    stage = present_stage()
    for display in drawn:
        display.stop()
    return f"Interrupted{f' in stage {stage}' if stage else ''}; run the same command to resume."


def print_document(text: str) -> None:
    """Print markdown: drawn on a terminal, as it is in a pipe."""
    if not is_terminal(sys.stdout):
        print(text)
        return
    from tasks.orchestration.drawing import print_drawn  # Rich, which a pipe does without

    print_drawn(text)


def can_ask() -> bool:
    """Whether a person can be asked: not in a pipe, nor in a run of a deployment, though its worker
    has a terminal.
    """
    from prefect.runtime import deployment  # a flow asks: it is loaded then

    return not deployment.id and sys.stdin.isatty() and sys.stdout.isatty()


def typed(question: str, answer: str) -> bool | None:
    """Ask the person at the terminal, and return whether they typed just this answer.

    None where nobody can be asked.
    """
    if not can_ask():
        return None
    with without_bars():
        print_document(question)
        return input(f"\nType {answer} to continue: ").strip() == answer
