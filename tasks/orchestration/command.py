"""Run a flow as a command: flags from a pydantic model, one message, an exit code.

0 for every decided outcome, 2 for invalid input with every fault listed, 1 for a failure, 130 and
143 for an interruption by Ctrl-C and SIGTERM.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import CliApp

from tasks.domain.errors import Fault, FlywheelError, InvalidInput, grouped
from tasks.orchestration.outage import server_lost
from tasks.orchestration.terminal import interruption, print_document
from tasks.processes import interruptible, leave_at_once

Request = TypeVar("Request", bound=BaseModel)
FAILED, INVALID, INTERRUPTED = 1, 2, 130


class Flags(BaseModel):
    """Base of a command's flags; its docstring is the help text."""

    model_config = ConfigDict(frozen=True, extra="forbid", cli_kebab_case=True)  # type: ignore[typeddict-unknown-key]


def run_command(request_type: type[Request], run: Callable[[Request], str]) -> int:
    """Parse the flags, run, print what it returns; turn errors and Ctrl-C into one message."""
    server_lost.clear()
    with interruptible(interruption):
        code = _run(request_type, run)
    if server_lost.is_set():  # Prefect would try for minutes to send what it has
        leave_at_once(code)
    return code


def _run(request_type: type[Request], run: Callable[[Request], str]) -> int:
    try:
        print_document(run(CliApp.run(request_type)))
    except InvalidInput as error:
        return _refuse(error.faults)
    except ValidationError as error:
        return _refuse(
            [
                Fault(
                    _sentence(details), f"--{'-'.join(map(str, details['loc'])).replace('_', '-')}"
                )
                for details in error.errors()
            ]
        )
    except KeyboardInterrupt:  # the sentence is printed already
        return INTERRUPTED
    except Exception as error:  # the last frame: whatever it is becomes one sentence
        if os.environ.get("FLYWHEEL_TRACEBACK"):
            raise
        kind = "" if isinstance(error, FlywheelError) else f"{type(error).__name__}: "
        print(f"{kind}{error}", file=sys.stderr)
        return FAILED
    return 0


def _sentence(details: ErrorDetails) -> str:
    """Say what is wrong with the value of a flag."""
    if details["type"] == "string_too_short":
        return f"expected some words; got {details['input']!r}"
    return details["msg"]


def not_a_command(sentence: str) -> int:
    """Say how a module is started that is no command."""
    print(sentence, file=sys.stderr)
    return INVALID


def _refuse(faults: Sequence[Fault]) -> int:
    count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
    print(f"Invalid input, {count}; nothing was written:", file=sys.stderr)
    for sentence in grouped(faults):
        print(f"  {sentence}", file=sys.stderr)
    return INVALID
