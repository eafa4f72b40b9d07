"""The keys of a policy: what each may be, and the fault of one that is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tasks.domain.errors import Fault, did_you_mean, nearest
from tasks.domain.policy import Policy

WORDS: Mapping[Any, str] = {
    int: "a whole number", float: "a number", bool: "true or false", str: "text", Path: "a path",
}  # fmt: skip
BOUNDS = {
    "ge": "at least {:,}", "gt": "more than {:,}", "le": "at most {:,}", "lt": "less than {:,}",
    "min_length": "at least {} long", "max_length": "at most {} long",
}  # fmt: skip
NOT_EMPTY = BOUNDS["min_length"].format(1)
SHOWN_CHARACTERS = 200  # of a wrong value


@dataclass(frozen=True)
class Key:
    """One key: its name under those of its sections, what it may be, and its default.

    `section` is the model of a key that has keys of its own.
    """

    name: str
    kind: str
    bounds: str
    default: object
    required: bool
    description: str
    section: type[BaseModel] | None


def policy_keys(model: type[BaseModel] = Policy, above: str = "") -> Iterator[Key]:
    """Return every key, a section before its own keys.

    >>> next(key for key in policy_keys() if key.name == "gate.ker_above").bounds
    'at least 0, at most 1'
    """
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        purpose = field.description or (section.__doc__ if section else None) or ""
        yield Key(
            above + name,
            "section" if section else _kind(field.annotation),
            _bounds(field.metadata),
            None if field.is_required() else field.default,
            field.is_required(),
            " ".join(purpose.split()),
            section,
        )
        if section:
            yield from policy_keys(section, f"{above}{name}.")


def _section(annotation: Any) -> type[BaseModel] | None:
    """Return the model of a key that is a section, also of one that may be left out."""
    models = (one for one in (annotation, *get_args(annotation)) if isinstance(one, type))
    return next((one for one in models if issubclass(one, BaseModel)), None)


def _kind(annotation: Any) -> str:
    """Return the type of a value, in words."""
    parts = get_args(annotation)
    if get_origin(annotation) is Literal:
        return " or ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))
    if get_origin(annotation) is tuple:
        return f"a list, each {_kind(parts[0])}"
    if NoneType in parts:
        return _kind(next(part for part in parts if part is not NoneType))
    if parts:  # Annotated: a bound of each value of a list
        return f"{_kind(parts[0])} {_bounds(annotation.__metadata__)}"
    return WORDS[annotation]


def _bounds(metadata: Sequence[Any]) -> str:
    """Write the limits of a number, or of the length of a text or list, in words."""
    flat = [part for one in metadata for part in getattr(one, "metadata", [one])]
    limits = [
        words.format(getattr(one, name))
        for one in flat
        for name, words in BOUNDS.items()
        if getattr(one, name, None) is not None
    ]
    return ", ".join("not empty" if limit == NOT_EMPTY else limit for limit in limits)


def policy_faults(error: ValidationError, file: str) -> list[Fault]:
    """Return for every wrong key what was expected, and what was found in this file."""
    found = [
        Fault(_expectation(details), file, field=".".join(map(str, details["loc"])) or "policy")
        for details in error.errors()
    ]
    inside = {fault.field.rpartition(".")[0] for fault in found}  # of lists: an entry is wrong
    return [fault for fault in found if fault.field not in inside]


def _expectation(details: ErrorDetails) -> str:
    name = ".".join(part for part in details["loc"] if isinstance(part, str))
    if details["type"] == "extra_forbidden":
        return _unknown_key(name)
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    if details["type"] == "missing":
        return "expected a value; the key is missing"
    got = f"got {_short(details['input'])}"
    if details["type"] == "invalid_key":
        return f"expected keys that are words; {got}"
    if details["type"] == "literal_error":
        allowed = re.findall(r"'([^']*)'", details["ctx"]["expected"])
        near = did_you_mean(details["input"], allowed)
        return f"expected one of {', '.join(allowed)}; {got}{near}"
    key = next((key for key in policy_keys() if key.name == name), None)
    if key is None or key.section:
        return f"expected keys and their values, such as {_keys_in(name)[0]}; {got}"
    return f"expected {', '.join(filter(None, [key.kind, key.bounds]))}; {got}"


def _unknown_key(name: str) -> str:
    """Return the key, of any section, that an unknown one may mean, else the keys of its section."""
    section, _, word = name.rpartition(".")
    known = [key.name for key in policy_keys()]
    beside = _keys_in(section)
    same = [one for one in known if one.rpartition(".")[2] == word]
    meant = nearest(word, beside) or ", ".join(same) or nearest(name, known)
    if meant:
        return f"did you mean {meant!r}? There is no key {word!r} here"
    return f"expected one of {', '.join(beside)}; got {word!r}"


def _keys_in(section: str) -> list[str]:
    """Return the keys of a section by their own names; of the policy itself where it is empty."""
    names = [key.name.rpartition(".") for key in policy_keys()]
    return [own for above, _, own in names if above == section]


def _short(value: object) -> str:
    """Write a value in few characters."""
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"
