"""Run a flow as a command: flags from a pydantic model, one message, an exit code.

0 for every decided outcome, 2 for invalid input with every fault listed, 1 for a failure, 130 and
143 for an interruption by Ctrl-C and SIGTERM. With --json, stdout has one JSON document and nothing
else: the record of the result, or the faults.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_settings import SettingsError

from tasks.domain.errors import Fault, FlywheelError, InvalidInput, grouped
from tasks.orchestration.flags import Request, parse_flags, sentence_of
from tasks.orchestration.outage import server_lost
from tasks.orchestration.profile import fault_of, profiles_path
from tasks.orchestration.terminal import interruption, print_document
from tasks.processes import interruptible, leave_at_once
from tasks.settings import Settings

FAILED, INVALID, INTERRUPTED = 1, 2, 130


@dataclass(frozen=True)
class CommandResult:
    """The result of a command: a text for a person, a record for programs, and its exit code."""

    text: str
    record: object
    exit_code: int = 0


def run_command(
    request_type: type[Request],
    run: Callable[[Request], CommandResult],
    program: str = "flywheel",
    arguments: Sequence[str] | None = None,
) -> int:
    """Parse the flags, run, print what it returns; turn errors and Ctrl-C into one message.

    `program` is its name in usage lines; without `arguments` those of this process are taken.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    server_lost.clear()
    with interruptible(interruption):
        code = _run(request_type, run, program, given)
    if server_lost.is_set():  # Prefect would try for minutes to send what it has
        leave_at_once(code)
    return code


def _run(
    request_type: type[Request],
    run: Callable[[Request], CommandResult],
    program: str,
    given: list[str],
) -> int:
    as_json = "--json" in given
    try:
        request = parse_flags(request_type, given, program)
        as_json = request.as_json
        if request.checks_environment:
            _check_environment()
        with redirect_stdout(sys.stderr) if as_json else nullcontext():
            result = run(request)
        if as_json:
            _print_json(result.record)
        else:
            print_document(result.text)
    except InvalidInput as error:
        if as_json:
            _print_json({"faults": grouped(error.faults)})
        return _refuse(error.faults)
    except KeyboardInterrupt:  # the sentence is printed already
        return INTERRUPTED
    except Exception as error:  # the last frame: whatever it is becomes one sentence
        if os.environ.get("FLYWHEEL_TRACEBACK"):
            raise
        kind = "" if isinstance(error, FlywheelError) else f"{type(error).__name__}: "
        if as_json:
            _print_json({"error": f"{kind}{error}"})
        print(f"{kind}{error}", file=sys.stderr)
        return FAILED
    return result.exit_code


def _print_json(record: object) -> None:
    print(json.dumps(record, indent=2, ensure_ascii=False))


def _check_environment() -> None:
    """Raise InvalidInput where the environment sets what cannot be, before anything is written."""
    if unreadable := fault_of(profiles_path(os.environ)):
        raise InvalidInput([Fault(unreadable)])
    try:
        Settings()
    except ValidationError as error:
        names = [f"FLYWHEEL_{str(details['loc'][0]).upper()}" for details in error.errors()]
        faults = map(Fault, map(sentence_of, error.errors()), names)
        raise InvalidInput(list(faults)) from None
    except SettingsError:
        fault = Fault('expected JSON such as {"NAME": "value"}', "FLYWHEEL_CONTAINER_ENV")
        raise InvalidInput([fault]) from None


def not_a_command(sentence: str) -> int:
    """Return the sentence on how to start a module that is no command."""
    print(sentence, file=sys.stderr)
    return INVALID


def _refuse(faults: Sequence[Fault]) -> int:
    count = f"{len(faults)} fault{'s' if len(faults) > 1 else ''}"
    print(f"Invalid input, {count}; nothing was written:", file=sys.stderr)
    for sentence in grouped(faults):
        print(f"  {sentence}", file=sys.stderr)
    return INVALID
