"""The progress of the work, as a bar on a terminal, with the log above it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn
from rich.progress import Progress as Display
from rich.table import Column

from tasks.domain.progress import Progress
from tasks.logs import reported_to, without_outcome
from tasks.orchestration.terminal import drawn, is_terminal

BAR_WIDTH = 24


@contextmanager
def bars() -> Iterator[None]:
    """While inside, show on a terminal what is reported, below what is logged.

    The log leaves out how the run ended, on any console: the command prints that itself.
    """
    for handler in _console_handlers():
        handler.addFilter(without_outcome)
    if not is_terminal(sys.stderr):
        yield
        return
    console = Console(stderr=True, markup=False, emoji=False)
    display = Display(
        SpinnerColumn(),
        TextColumn("{task.description}", style="bold", markup=False),
        BarColumn(BAR_WIDTH),
        TextColumn("{task.fields[text]}", markup=False, table_column=Column(no_wrap=True)),
        console=console,
        transient=True,
        redirect_stdout=False,
    )
    drawn.append(display)
    try:
        with display, _logged_on(console), reported_to(Bar(display)):
            yield
    finally:
        drawn.remove(display)


class Bar:
    """The bar of the work at hand."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._task = display.add_task("", total=None, visible=False, text="")

    def __call__(self, now: Progress) -> None:
        task = self._display.tasks[0]
        total = None if now.total is None and now.of_all is None else 100.0
        if task.total != total:
            self._display.reset(self._task)
            task.total = total  # reset() and update() leave it where it is None
        self._display.update(
            self._task,
            description=now.head,
            completed=now.percent,
            text=now.details,
            visible=True,
        )


@contextmanager
def _logged_on(console: Console) -> Iterator[None]:
    """Let log handlers print on the console of the bars: two of them would tear each other."""
    before = [(handler, handler.console) for handler in _console_handlers()]
    for handler, _ in before:
        handler.console = console
    try:
        yield
    finally:
        for handler, own in before:
            handler.console = own


def _console_handlers() -> list[Any]:
    """The log handlers that print on a console of Rich, which are Prefect's."""
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    handlers = {handler for logger in loggers for handler in logger.handlers}
    return [one for one in handlers if isinstance(getattr(one, "console", None), Console)]
