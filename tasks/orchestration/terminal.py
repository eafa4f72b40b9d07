"""What a command prints at its end: markdown in a pipe, and drawn for its width on a terminal."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

from prefect.runtime import deployment
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown
from rich.text import Text

from tasks.domain.policy import Stage
from tasks.domain.scoring.leaderboard import table
from tasks.orchestration.artifacts import boost_summary, gate_summary
from tasks.orchestration.bars import is_terminal, without_bars
from tasks.orchestration.stage import stage_times
from tasks.workspace.ledger import read_champion
from tasks.workspace.paths import Cycle, decision_of
from tasks.workspace.record import read_record
from tasks.workspace.records import DecisionRecord, GateRecord

COLORS = {
    "keep": "green",
    "passed": "green",
    "grow": "yellow",
    "stopped": "yellow",
    "reject": "red",
}
MARKDOWN = ("#", "- ", "|")


def print_document(text: str) -> None:
    """Print markdown; on a terminal its tables fit, and headings with an outcome have its color.

    What is no markdown, such as a path or a command, is left in one piece to be copied.
    """
    if not is_terminal(sys.stdout):
        print(text)
        return
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


def typed(question: str, answer: str) -> bool | None:
    """Ask the person at the terminal, and tell whether they typed just this answer.

    None where nobody can be asked: in a pipe, and in a run of a deployment, though its worker has a
    terminal.
    """
    if deployment.id or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return None
    with without_bars():
        print_document(question)
        return input(f"\nType {answer} to go on: ").strip() == answer


def terminal_summary(cycle: Cycle, since: int, stop_after: Stage | None) -> str:
    """Write what the command prints: stage times from line `since` on, then decision or gate, where
    to look and what to type next."""
    parts = [_stage_table(cycle, since)]
    decision, gate = decision_of(cycle), read_record(cycle.gate, GateRecord)
    if decision:
        parts += [decision.summary, _where(cycle, decision)]
    elif gate:
        parts += [gate_summary(gate) + boost_summary(cycle)]
        if gate.passed:
            parts.append(f"Stopped after {stop_after}, as asked.")
        parts.append(f"To go on: {cycle_command(cycle.root, cycle.number)}")
    return "\n\n".join(part.strip("\n") for part in parts if part)


def _stage_table(cycle: Cycle, since: int) -> str:
    times = stage_times(cycle, since)
    if not times:
        return ""
    rows = [[line.stage, f"{line.seconds:.1f}", line.reused] for line in times]
    total = sum(line.seconds for line in times)
    return table(["Stage", "Seconds", ""], [*rows, ["total", f"{total:.1f}", ""]])


def _where(cycle: Cycle, decision: DecisionRecord) -> str:
    """Name the report, the champion that was made, the plan of what to add, and the next command."""
    lines = [f"Report: {cycle.next_folder / 'report.html'}"]
    champion = read_champion(cycle.root)
    kept = decision.verdict == "keep" or decision.override
    if kept and champion and champion.cycle == cycle.number:
        lines.append(f"Champion: {champion.path}")
    plan = cycle.next_folder / "growth_plan.csv"
    if decision.verdict != "keep" and plan.exists():
        lines.append(f"Terms to add: {plan}")
    if decision.approval == "waiting":
        answer = approve_command(cycle.root, cycle.number)
        return "\n".join([*lines, f"To approve or decline: {answer}"])
    following = cycle.root / f"cycle{cycle.number + 1}" / "manifest.jsonl"
    command = cycle_command(cycle.root, cycle.number + 1)
    ready = "" if following.exists() else f" with {following}"
    return "\n".join([*lines, f"To go on{ready}: {command}"])


def cycle_command(root: Path, number: int) -> str:
    """Write the command that runs a cycle, by the Python that runs now."""
    return _command("flows.cycle", root, number)


def approve_command(root: Path, number: int) -> str:
    """Write the command that answers for a candidate that waits."""
    answer = "--decision yes|no --reviewer NAME --reason TEXT"
    return f"{_command('flows.approve', root, number)} {answer}"


def _command(module: str, root: Path, number: int) -> str:
    here, python = Path.cwd(), Path(sys.executable)
    shown = str(python.relative_to(here)) if python.is_relative_to(here) else str(python)
    return shlex.join([shown, "-m", module, "--workspace", str(root), "--cycle", str(number)])
