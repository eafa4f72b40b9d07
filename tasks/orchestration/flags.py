"""The flags of a command: a pydantic model reads the command line, and lists what is wrong."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import zip_longest
from typing import Any, ClassVar, TypeVar, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import CliApp, CliSettingsSource

from tasks.domain.errors import Fault, InvalidInput

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


class Flags(BaseModel):
    """Base of a command's flags; its docstring is the help text.

    The fields named in `positional` may also be given without their flags, in this order. Those of `bare`
    may be given without a value, and then have the one named there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", cli_kebab_case=True)  # type: ignore[typeddict-unknown-key]
    positional: ClassVar[tuple[str, ...]] = ("workspace", "cycle")
    bare: ClassVar[Mapping[str, str]] = {}
    checks_environment: ClassVar[bool] = True

    as_json: bool = Field(
        False, alias="json", description="Print a record for programs; stdout is JSON alone"
    )


Request = TypeVar("Request", bound=Flags)


def parse_flags(request_type: type[Request], given: Sequence[str], program: str) -> Request:
    """Read the flags of a command; raise InvalidInput where their values are wrong."""
    parser = ArgumentParser(prog=program, usage=_usage(request_type, program))
    parser.description = request_type.__doc__
    source: CliSettingsSource[Any] = CliSettingsSource(
        request_type,  # type: ignore[arg-type]
        root_parser=parser,
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_avoid_json=True,
        cli_enforce_required=True,
        cli_hide_none_type=True,
    )
    try:
        named = _unparted(request_type, name_positional(request_type, given))
        return CliApp.run(request_type, cli_args=named, cli_settings_source=source)
    except ValidationError as error:
        flags = ("-".join(map(str, details["loc"])) for details in error.errors())
        names = [flag_name(flag) for flag in flags]
        raise InvalidInput(list(map(Fault, map(sentence_of, error.errors()), names))) from None


def flag_name(field: str) -> str:
    """Return the flag of a field, as it is typed.

    >>> flag_name("stop_after")
    '--stop-after'
    """
    return f"--{field.replace('_', '-')}"


def flag_names(request_type: type[Flags]) -> list[str]:
    """Return every flag of a command, in the order of its help."""
    fields = request_type.model_fields
    return [flag_name(field.alias or name) for name, field in fields.items()]


def name_positional(request_type: type[Flags], given: Sequence[str]) -> list[str]:
    """Put flags before the words that have none: `my-drugs 1` is `--workspace my-drugs --cycle 1`.

    A word without a flag goes to the next positional field that has no flag in `given`; a field of
    many values takes all that are left. A word too many stays as it is, and is refused.
    """
    fields = request_type.model_fields
    switches = {
        flag_name(field.alias or name) for name, field in fields.items() if field.annotation is bool
    }
    free = [name for name in _positional(request_type) if flag_name(name) not in _flags_in(given)]
    bare = {
        flag_name(name): f"{flag_name(name)}={value}" for name, value in request_type.bare.items()
    }
    named: list[str] = []
    words = iter(
        bare[word] if word in bare and following.startswith("-") else word
        for word, following in zip_longest(given, given[1:], fillvalue="-")
    )
    for word in words:
        if word.startswith("-") and word != "-":
            named.append(word)
            takes_value = "=" not in word and word not in {*switches, "-h", "--help"}
            if takes_value and not word.startswith("--no-"):
                named += [value for value in [next(words, None)] if value is not None]
        elif free:
            named += [flag_name(free[0]), word]
            if not _is_many(fields[free[0]]):
                free.pop(0)
        else:
            named.append(word)
    return named


def _unparted(request_type: type[Flags], named: Sequence[str]) -> list[str]:
    """Write each value of a field of many values so that it is read as one, whatever is in it.

    A comma in the name of a file would part it. A JSON list stays as it is.
    """
    fields = request_type.model_fields.items()
    many = {flag_name(field.alias or name) for name, field in fields if _is_many(field)}
    words = list[str]()
    for word in named:
        flag, equals, value = word.partition("=")
        if words and words[-1] in many:
            words.append(_as_list(word))
        else:
            words.append(f"{flag}={_as_list(value)}" if equals and flag in many else word)
    return words


def _as_list(value: str) -> str:
    with suppress(ValueError):
        if isinstance(json.loads(value), list):
            return value
    return json.dumps([value])


def _flags_in(given: Sequence[str]) -> set[str]:
    return {word.partition("=")[0] for word in given if word.startswith("--")}


def _positional(request_type: type[Flags]) -> list[str]:
    names = request_type.positional
    return [name for name in names if name in request_type.model_fields]


def _is_many(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is tuple


def _usage(request_type: type[Flags], program: str) -> str:
    """Write the usage line: positional fields, then the other flags that are required."""
    parts, positional = [program], _positional(request_type)
    for name in positional:
        field = request_type.model_fields[name]
        word = name.upper().removesuffix("S") + " ..." if _is_many(field) else name.upper()
        parts.append(word if field.is_required() else f"[{word}]")
    for name, field in request_type.model_fields.items():
        if field.is_required() and name not in positional:
            flag = flag_name(field.alias or name)
            parts.append(f"{flag} {flag.lstrip('-').upper()}")
    return " ".join([*parts, "[options]"])


def sentence_of(details: ErrorDetails) -> str:
    """Return the fault of a value of a flag or a variable."""
    expected = EXPECTED.get(details["type"])
    if expected:
        return f"expected {expected.format(**details.get('ctx', {}))}; got {details['input']!r}"
    return details["msg"].removeprefix("Value error, ")
