"""Markdown drawn on a terminal, for its width."""

from __future__ import annotations

import re

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown
from rich.text import Text

COLORS = {
    "keep": "green",
    "passed": "green",
    "grow": "yellow",
    "stopped": "yellow",
    "reject": "red",
}
MARKDOWN = ("#", "- ", "|")


def print_drawn(text: str) -> None:
    """Print markdown so that tables fit, and headings with an outcome have its color.

    What is no markdown, such as a path or a command, is left in one piece to be copied.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    for number, block in enumerate(text.strip("\n").split("\n\n")):
        if number:
            console.print()
        if block.startswith(MARKDOWN):
            console.file.write(_drawn(block, console))
        else:
            console.print(Text(block), soft_wrap=True)


def _drawn(block: str, console: Console) -> str:
    """Draw one block of markdown, without the blank lines that Rich puts around it."""
    with console.capture() as captured:
        console.print(Document(block))
    lines = captured.get().split("\n")
    blank = [not Text.from_ansi(line).plain.strip() for line in lines]
    first, last = blank.index(False), len(lines) - blank[::-1].index(False)
    return "\n".join(lines[first:last]) + "\n"


class Headline(Heading):
    """A heading on the left, in the color of the outcome that it names."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        words = re.findall(r"\w+", self.text.plain)
        color = next((COLORS[word] for word in words if word in COLORS), "")
        yield Text(self.text.plain, style=f"bold {color}" if self.tag == "h1" else "bold")


class Document(Markdown):
    """Markdown with our headings."""

    elements = Markdown.elements | {"heading_open": Headline}
