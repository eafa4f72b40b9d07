"""The manifest: NeMo JSONL with the clinical extension, and every fault it can have.

A fault is a sentence that names the file and line, what was expected and what was found:
`manifest.jsonl:17: entity_category: expected one of drug, procedure, …; got 'medication'`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from tasks.domain.accepted import accepted_faults
from tasks.domain.errors import Fault, did_you_mean, nearest
from tasks.domain.row_fields import (
    HINTED_SOURCES,
    OWN_KINDS,
    GivenName,
    Identity,
    Name,
    NoiseLevel,
    Source,
    Spellings,
    Text,
    Transcript,
    WholeFile,
)
from tasks.domain.scoring.finding import found, term_forms
from tasks.domain.scoring.normalize import normalize, term_missed

Seconds = float
Category = Literal["drug", "procedure", "anatomy", "condition", "lab", "role"]
RATE_HZ = 16_000
MIN_SECONDS, MAX_SECONDS = 0.1, 20.0
DURATION_TOLERANCE = 0.02  # NeMo cuts the audio at the duration of the manifest
BOM = b"\xef\xbb\xbf"


class GeneralRow(BaseModel):
    """A row of general speech: what NeMo needs, and whose voice it is where that is known.

    `source` is whether a machine or a person spoke it; a row without it counts as synthetic.
    `audio_sha256` is the digest of the clip that the row was written for.

    `id` is another name of the row, by which hypotheses may name it. Other keys are kept out, not refused.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    audio_filepath: Name
    duration: Seconds | None = Field(None, ge=MIN_SECONDS, le=MAX_SECONDS, allow_inf_nan=False)
    text: Text
    voice_id: Name | None = None
    speaker: Name | None = None
    source: Literal["synthetic", "recorded"] | None = None
    audio_sha256: Name | None = None
    offset: WholeFile = Field(None, exclude=True)  # of NeMo's manifests, where a row may be a part
    id: Identity = Field(None, exclude=True)


class ClinicalRow(GeneralRow):
    """A row of the benchmark: one clip, one clinical term."""

    term: Text
    entity_category: Category
    ipa_source: Source
    voice_id: Name
    noise_level: NoiseLevel
    context_type: Name
    accepted: Spellings = ()
    audition: Literal["heard", "skipped"] | None = None
    audition_by: Name | None = None
    audition_reason: StrictStr | None = None

    @property
    def hinted(self) -> bool:
        """Whether a human or a dictionary gave the pronunciation."""
        return self.ipa_source in HINTED_SOURCES


def engine_of(voice_id: str) -> str:
    """Name the engine of a row's voice.

    >>> engine_of("espeak:en-us"), engine_of("nurse-1")
    ('espeak', 'nurse-1')
    """
    return voice_id.split(":")[0]


class ScoredRow(BaseModel):
    """A line of hypotheses, under the names of per_sample.json."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    audio_filepath: Name
    ref: StrictStr | None = None
    hyp: Transcript
    system: GivenName = None
    offset: WholeFile = Field(None, exclude=True)


Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True)
class AudioFacts:
    """The facts of a WAV file: its length in seconds and the digest of its bytes."""

    seconds: Seconds
    sha256: str


def parse_rows(content: bytes, name: str, model: type[Row]) -> tuple[dict[int, Row], list[Fault]]:
    """Read JSONL into rows by line number, with every fault of every line.

    A byte order mark at its beginning is passed over.
    """
    content = content.removeprefix(BOM)
    if not content.strip():
        return {}, [Fault("expected one JSON object a line; the file is empty", name)]
    return check_rows(json_objects(content), name, model)


def check_rows(
    lines: Iterable[tuple[int, dict[str, Any] | NotARow]], name: str, model: type[Row]
) -> tuple[dict[int, Row], list[Fault]]:
    """Read the fields of each line into a row, with every fault of every line."""
    faults = list[Fault]()
    rows: dict[int, Row] = {}
    for number, fields in lines:
        if isinstance(fields, NotARow):
            faults.append(Fault(str(fields), name, number))
            continue
        try:
            rows[number] = model.model_validate(fields)
        except ValidationError as error:
            faults += [row_fault(details, name, number) for details in error.errors()]
    return rows, faults


class NotARow(ValueError):
    """A line that cannot be a row, and what it holds."""


Objects = dict[int, dict[str, Any] | NotARow]


def json_objects(content: bytes) -> Iterator[tuple[int, dict[str, Any] | NotARow]]:
    """Read one JSON object a line, with the number of the line."""
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        try:
            yield number, _json_object(line)
        except NotARow as error:
            yield number, error


def _json_object(line: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise NotARow(f"expected UTF-8; byte {error.start} of the line is not") from None
    except (ValueError, RecursionError) as error:
        found = f"broken JSON ({error})" if line.strip() else "a blank line"
        raise NotARow(f"expected a JSON object; got {found}") from None
    if not isinstance(fields, dict):
        raise NotARow(f"expected a JSON object; got {type(fields).__name__}")
    return fields


def row_fault(details: ErrorDetails, name: str, number: int | None) -> Fault:
    """Return the fault of a row: its field, and the expectation."""
    field = ".".join(map(str, details["loc"]))
    return Fault(_expectation(details, field), name, number, field)


def _expectation(details: ErrorDetails, field: str) -> str:
    """Return the expectation of a field, and its value."""
    got = f"got {details['input']!r}"
    kind, context = details["type"], details.get("ctx", {})
    if kind == "missing":
        near = nearest(field, sorted(details["input"].keys() - ClinicalRow.model_fields.keys()))
        return "expected a value; the field is missing" + (f" (is it {near!r}?)" if near else "")
    if kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"])
        near = did_you_mean(details["input"], allowed)
        return f"expected one of {', '.join(allowed)}; {got}{near}"
    if kind in OWN_KINDS:
        return details["msg"]
    if field == "duration":
        limits = f"{MIN_SECONDS} to {MAX_SECONDS:g} seconds, the training limit"
        return f"expected {limits}, or null; {got}"
    if kind == "tuple_type":
        return f"expected a list of texts; {got}"
    if kind in ("string_type", "string_too_short"):
        return f"expected text that is not empty; {got}"
    return f"{details['msg']}; {got}" + (f" {context}" if context else "")


def clinical_faults(rows: Mapping[int, ClinicalRow], name: str) -> list[Fault]:
    """Faults between the fields of rows."""
    missed = [
        Fault(
            f"expected its words in the text; got {row.term!r}",
            name,
            number,
            "term",
            kind="expected its words in the text",
        )
        for number, row in rows.items()
        if term_missed(row.term, row.text)  # as published, and quick
        and not found(term_forms(row.term, row.accepted), row.text)
    ]
    return missed + accepted_faults(
        ((number, row.term, row.accepted) for number, row in rows.items()), name
    )


def duplicate_faults(
    paths: Mapping[int, Hashable], name: str, rows: Mapping[int, BaseModel] = MappingProxyType({})
) -> list[Fault]:
    """Rows that name an audio file which an earlier row has named.

    Clinical rows may share a clip that has several terms: a term each, with one text and one voice.
    """
    first: dict[Hashable, int] = {}
    of_term: dict[Hashable, int] = {}
    faults = []
    for number, path in paths.items():
        known = first.setdefault(path, number)
        row, before = rows.get(number), rows.get(known)
        if isinstance(row, ClinicalRow) and isinstance(before, ClinicalRow) and _alike(row, before):
            known = of_term.setdefault((path, normalize(row.term)), number)
        if known != number:
            kind = "expected a clip of its own"
            sentence = f"{kind}; line {known} names the same file"
            faults.append(Fault(sentence, name, number, "audio_filepath", kind))
    return faults


def _alike(row: ClinicalRow, other: ClinicalRow) -> bool:
    """Whether two rows of a clip can differ in their terms alone."""
    kept = ("audio_filepath", "text", "voice_id", "speaker", "source")
    return all(getattr(row, name) == getattr(other, name) for name in kept)


def duration_fault(
    name: str, number: int, declared: Seconds | None, facts: AudioFacts
) -> Fault | None:
    """Compare a declared duration with the file's own, and the file's with the training limit."""
    if not MIN_SECONDS <= facts.seconds <= MAX_SECONDS:
        sentence = (
            f"expected {MIN_SECONDS} to {MAX_SECONDS:g} seconds of audio, "
            f"the training limit; the file holds {facts.seconds:.2f} s"
        )
        return Fault(sentence, name, number, "audio_filepath", kind="the training limit")
    if declared is not None and not math.isclose(
        declared, facts.seconds, abs_tol=DURATION_TOLERANCE
    ):
        sentence = f"expected {facts.seconds:.3f}, the length of the file, or null; got {declared}"
        return Fault(sentence, name, number, "duration", kind="the length of the file")
    return None
