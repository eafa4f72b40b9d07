"""The fields of a manifest's rows: what each may hold, and the sentence where it does not."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, Strict, StrictStr
from pydantic_core import PydanticCustomError

from tasks.domain.errors import did_you_mean
from tasks.domain.scoring.normalize import normalize

HINTED_SOURCES = ("override", "merriam-webster")
MAX_SYSTEM_NAME = 60
NO_TRANSCRIPT = "expected a transcript, an empty text where nothing was recognized; got null"
OWN_KINDS = (
    "spoken",
    "source",
    "noise",
    "whole_file",
    "transcript",
    "system",
)  # their message is the sentence


def has_words(text: str) -> str:
    """Refuse a text without words."""
    if not normalize(text):
        raise PydanticCustomError("spoken", "expected words; got {got}", {"got": repr(text)})
    return text


def known_source(source: str) -> str:
    """Refuse a source of pronunciations that is none."""
    if source not in HINTED_SOURCES and not (source.endswith("_g2p") and len(source) > 4):
        raise PydanticCustomError(
            "source",
            "expected override, merriam-webster or a name ending in _g2p; got {got}",
            {"got": repr(source) + did_you_mean(source, [*HINTED_SOURCES, _g2p_name(source)])},
        )
    return source


def known_noise(level: str) -> str:
    """Refuse a noise level that is none."""
    middle = level.removeprefix("snr_").removesuffix("db").removeprefix("-")
    if level != "clean" and not (level == f"snr_{level[4:-2]}db" and middle.isdigit()):
        number = re.search(r"-?\d+", level)
        known = ["clean", f"snr_{number[0]}db"] if number else ["clean"]
        raise PydanticCustomError(
            "noise",
            "expected clean or snr_<number>db; got {got}",
            {"got": repr(level) + did_you_mean(level, known)},
        )
    return level


def _g2p_name(source: str) -> str:
    """Write a source that speaks of g2p as the name it may be meant to be."""
    return f"{re.sub('[^a-z0-9]*g2p[^a-z0-9]*', '', source.lower()) or 'espeak'}_g2p"


def whole_file(offset: object) -> object:
    """Refuse a row that is a part of its file, as NeMo reads `offset`; 0 or nothing is the whole."""
    if offset is None or (not isinstance(offset, bool) and offset == 0):
        return offset
    raise PydanticCustomError(
        "whole_file",
        "expected 0, null or no such field: a row is a file of its own here; got {got}: cut it out with "
        "sox in.wav out.wav trim <offset> <duration>",
        {"got": repr(offset)},
    )


def transcript(hypothesis: object) -> object:
    """Refuse null, which is no transcript; one of nothing is an empty text."""
    if hypothesis is None:
        raise PydanticCustomError("transcript", NO_TRANSCRIPT)
    return hypothesis


def system_name(name: str) -> str:
    """Refuse what cannot name an ASR system in a sentence, a table and a file."""
    if not name.strip() or len(name) > MAX_SYSTEM_NAME or not name.isprintable():
        raise PydanticCustomError(
            "system",
            "expected the name of an ASR system, such as whisper-1, in up to {most} printable characters; "
            "got {got}",
            {"most": MAX_SYSTEM_NAME, "got": repr(name[: 2 * MAX_SYSTEM_NAME])},
        )
    return name.strip()


def named_or_none(system: object) -> object:
    """Pass over what is no text, and an empty cell of a table, which name no system."""
    return system if isinstance(system, str) and system.strip() else None


def identity(name: object) -> str | None:
    """Return the id of a row as text; whatever is neither text nor a whole number is none.

    >>> identity(17), identity("day1_55"), identity({})
    ('17', 'day1_55', None)
    """
    if isinstance(name, bool) or not isinstance(name, str | int):
        return None
    return str(name) or None


Text = Annotated[StrictStr, AfterValidator(has_words)]
Name = Annotated[StrictStr, Field(min_length=1)]
Source = Annotated[StrictStr, AfterValidator(known_source)]
NoiseLevel = Annotated[StrictStr, AfterValidator(known_noise)]
Identity = Annotated[str | None, BeforeValidator(identity)]
WholeFile = Annotated[Any, AfterValidator(whole_file)]
SystemName = Annotated[StrictStr, AfterValidator(system_name)]
GivenName = Annotated[SystemName | None, BeforeValidator(named_or_none)]
Transcript = Annotated[StrictStr, BeforeValidator(transcript)]
Spellings = Annotated[tuple[Text, ...], Strict(False)]  # a JSON list
