"""The console command `flywheel`: one table of commands, each loaded when it is run.

`python -m flows.NAME` runs the same commands.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module, metadata
from types import ModuleType
from typing import TYPE_CHECKING, get_type_hints

from tasks.domain.errors import did_you_mean

if TYPE_CHECKING:
    from tasks.orchestration.flags import Flags

DISTRIBUTION = "clinical-asr-flywheel"
INVALID = 2


@dataclass(frozen=True)
class Command:
    """A command: its name, and the line that `flywheel --help` has on it."""

    name: str
    help: str

    def load(self) -> ModuleType:
        """Import the module in flows/commands that has its flags and its work."""
        return import_module(f"flows.commands.{self.name.replace('-', '_')}")

    def flags(self) -> type[Flags]:
        """Return the model of its flags: the type of what its function `run` takes."""
        kind: type[Flags] = get_type_hints(self.load().run)["flags"]
        return kind


COMMANDS = (
    Command("init", "make a workspace: settings with comments, and a list of terms to fill"),
    Command("doctor", "check this machine: what is installed, what is missing, what to do"),
    Command("status", "show the cycles of a workspace, its champion, and the next command"),
    Command("audition", "listen to how each term is pronounced, before rows are made of it"),
    Command("suggest", "propose terms from what people corrected, and take them into terms.csv"),
    Command("build", "make the benchmark of a cycle from a list of terms"),
    Command("import", "bring recordings and their transcripts into a workspace"),
    Command("record", "record people who read sentences of the terms, to judge a fine-tune by"),
    Command("general", "make clips of general English, which must not get worse"),
    Command("cycle", "run one cycle: gate, split, boost, sft, transcribe, score, decide"),
    Command("baseline", "score a model, a server, or the hypotheses of any ASR system"),
    Command(
        "compare",
        "show which of several systems recognizes the terms better, where the evidence suffices",
    ),
    Command("ledger", "show what was tried, on what, and why it was kept or not"),
    Command("approve", "approve a kept candidate as the champion, or refuse it"),
    Command("rollback", "make the champion of an earlier cycle the current one"),
    Command("hand-off", "export a kept model for serving, or check the server that has it"),
    Command("rent", "run one cycle on a rented GPU"),
    Command("sweep", "run every cycle of these workspaces that is due"),
    Command("clean", "list files that nothing in a workspace needs any more, or remove them"),
    Command("completion", "print the completion script of a shell"),
)
TABLE = {command.name: command for command in COMMANDS}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the first argument names; return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    name = given[0].replace("_", "-")
    if name in TABLE:
        return run_named(name, given[1:])
    if name in ("-h", "--help"):
        print(help_text())
        return 0
    if name == "--version":
        print(metadata.version(DISTRIBUTION))
        return 0
    known = f"{did_you_mean(name, TABLE)}; `flywheel --help` lists the commands"
    print(f"flywheel: {given[0]!r} is not a command{known}", file=sys.stderr)
    return INVALID


def run_named(name: str, arguments: Sequence[str] | None = None) -> int:
    """Run one command; without arguments, with those of this process. Return its exit code."""
    command = TABLE[name]
    run = command.load().run
    from tasks.orchestration.command import run_command

    return run_command(command.flags(), run, f"flywheel {name}", arguments)


def help_text() -> str:
    """Write the usage line and the table of commands."""
    width = max(map(len, TABLE)) + 2
    lines = [f"  {command.name:{width}}{command.help}" for command in COMMANDS]
    return "\n".join(
        [
            "usage: flywheel COMMAND [options]",
            "",
            "Fine-tune a clinical ASR model, and decide whether the fine-tune is to be kept.",
            "",
            *lines,
            "",
            "`flywheel COMMAND --help` shows the options of a command, `flywheel --version` the version.",
        ]
    )


def script() -> None:
    """Run as the console script: Ctrl-C while a command is imported ends it without a traceback."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())


if __name__ == "__main__":
    script()
