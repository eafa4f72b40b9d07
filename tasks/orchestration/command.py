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
from pydantic_settings import CliApp, SettingsError

from tasks.domain.errors import Fault, FlywheelError, InvalidInput, grouped
from tasks.orchestration.outage import server_lost
from tasks.orchestration.terminal import interruption, print_document
from tasks.processes import interruptible, leave_at_once
from tasks.settings import Settings

Request = TypeVar("Request", bound=BaseModel)
EXPECTED = {
    "bool_parsing": "true or false",
    "float_parsing": "a number",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "int_parsing": "a whole number",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
    "string_too_short": "some words",
}  # by pydantic's name of what is wrong with a value
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
        request = _request(request_type)
        _check_environment()
        print_document(run(request))
    except InvalidInput as error:
        return _refuse(error.faults)
    except KeyboardInterrupt:  # the sentence is printed already
        return INTERRUPTED
    except Exception as error:  # the last frame: whatever it is becomes one sentence
        if os.environ.get("FLYWHEEL_TRACEBACK"):
            raise
        kind = "" if isinstance(error, FlywheelError) else f"{type(error).__name__}: "
        print(f"{kind}{error}", file=sys.stderr)
        return FAILED
    return 0


def _request(request_type: type[Request]) -> Request:
    """Read the flags; raise InvalidInput where they are wrong."""
    try:
        return CliApp.run(request_type)
    except ValidationError as error:
        flags = ("-".join(map(str, details["loc"])) for details in error.errors())
        names = [f"--{flag.replace('_', '-')}" for flag in flags]
        raise InvalidInput(list(map(Fault, map(_sentence, error.errors()), names))) from None


def _check_environment() -> None:
    """Raise InvalidInput where the environment sets what cannot be, before anything is written."""
    try:
        Settings()
    except ValidationError as error:
        names = [f"FLYWHEEL_{str(details['loc'][0]).upper()}" for details in error.errors()]
        faults = map(Fault, map(_sentence, error.errors()), names)
        raise InvalidInput(list(faults)) from None
    except SettingsError:
        fault = Fault('expected JSON such as {"NAME": "value"}', "FLYWHEEL_CONTAINER_ENV")
        raise InvalidInput([fault]) from None


def _sentence(details: ErrorDetails) -> str:
    """Say what is wrong with the value of a flag or a variable."""
    expected = EXPECTED.get(details["type"])
    if expected:
        return f"expected {expected.format(**details.get('ctx', {}))}; got {details['input']!r}"
    return details["msg"].removeprefix("Value error, ")


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
