"""The command `flywheel completion`: its flags, and what it does."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from flows.cli import COMMANDS
from tasks.orchestration.command import CommandResult
from tasks.orchestration.flags import Flags, flag_names

SCRIPT = """\
_flywheel() {{
  local words
  case "${{COMP_WORDS[1]}}" in
{cases}
    *) words="{commands}" ;;
  esac
  [ "$COMP_CWORD" -eq 1 ] && words="{commands}"
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _flywheel flywheel
"""  # -o default: names of files where no word fits
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


class CompletionFlags(Flags):
    """Print the completion script of a shell: `source <(flywheel completion bash)`."""

    positional: ClassVar[tuple[str, ...]] = ("shell",)

    shell: Literal["bash", "zsh"] = Field(description="The shell that reads the script")


def run(flags: CompletionFlags) -> CommandResult:
    """Write the script from the table of commands and their flags."""
    script = (ZSH if flags.shell == "zsh" else "") + completion_script()
    return CommandResult(script, {"shell": flags.shell, "script": script})


def completion_script() -> str:
    """Write the script for bash; a command completes its flags, and names of files."""
    cases = [
        f'    {command.name}) words="{" ".join(flag_names(command.flags()))}" ;;'
        for command in COMMANDS
    ]
    names = " ".join(command.name for command in COMMANDS)
    return SCRIPT.format(cases="\n".join(cases), commands=names)
