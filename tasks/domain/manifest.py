"""The manifest: NeMo JSONL with the clinical extension, and every fault it can have.

A fault is a sentence that names the file and line, what was expected and what was found:
`manifest.jsonl:17: entity_category: expected one of drug, procedure, …; got 'medication'`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StrictStr, ValidationError
from pydantic_core import ErrorDetails

from tasks.domain.accepted import accepted_faults
from tasks.domain.errors import Fault, did_you_mean, nearest
from tasks.domain.row_fields import (
    HINTED_SOURCES,
    OWN_KINDS,
    Name,
    NoiseLevel,
    Source,
    Spellings,
    Text,
    Transcript,
    WholeFile,
)
from tasks.domain.scoring.finding import found, term_forms
from tasks.domain.scoring.normalize import term_missed

Seconds = float
Category = Literal["drug", "procedure", "anatomy", "condition", "lab", "role"]
RATE_HZ = 16_000
MIN_SECONDS, MAX_SECONDS = 0.1, 20.0
DURATION_TOLERANCE = 0.02  # NeMo cuts the audio at the duration of the manifest
BOM = b"\xef\xbb\xbf"


class GeneralRow(BaseModel):
    """A row of general speech: what NeMo needs, and whose voice it is where that is known.

    `source` is whether a machine or a person spoke it; a row that does not say counts as synthetic.

    Other keys are kept out, not refused.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    audio_filepath: Name
    duration: Seconds | None = Field(None, ge=MIN_SECONDS, le=MAX_SECONDS, allow_inf_nan=False)
    text: Text
    voice_id: Name | None = None
    speaker: Name | None = None
    source: Literal["synthetic", "recorded"] | None = None
    offset: WholeFile = Field(None, exclude=True)  # of NeMo's manifests, where a row may be a part


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
    """A line of hypotheses: per_sample.json's fields, or a manifest with `pred_text`."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    audio_filepath: Name
    ref: StrictStr | None = None
    hyp: Transcript
    offset: WholeFile = Field(None, exclude=True)


Row = TypeVar("Row", bound=BaseModel)


@dataclass(frozen=True)
class AudioFacts:
    """What a WAV file holds: its length in seconds and the digest of its bytes."""

    seconds: Seconds
    sha256: str


def parse_rows(
    content: bytes,
    name: str,
    model: type[Row],
    prepare: Callable[[dict[str, Any]], dict[str, Any]] = dict,
) -> tuple[dict[int, Row], list[Fault]]:
    """Read JSONL into rows by line number, with every fault of every line.

    A byte order mark at its beginning is passed over. `prepare` may raise NotARow.
    """
    content = content.removeprefix(BOM)
    if not content.strip():
        return {}, [Fault("expected one JSON object a line; the file is empty", name)]
    faults = list[Fault]()
    rows: dict[int, Row] = {}
    for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), start=1):
        try:
            rows[number] = model.model_validate(prepare(_json_object(line)))
        except ValidationError as error:
            faults += [_fault(details, name, number) for details in error.errors()]
        except NotARow as error:
            faults.append(Fault(str(error), name, number, error.field))
    return rows, faults


class NotARow(ValueError):
    """A line that cannot be a row; says what it holds, and in which field."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


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


def _fault(details: ErrorDetails, name: str, number: int) -> Fault:
    field = ".".join(map(str, details["loc"]))
    return Fault(_expectation(details, field), name, number, field)


def _expectation(details: ErrorDetails, field: str) -> str:
    """Say what a field should have held, and what it holds."""
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


def duplicate_faults(paths: Mapping[int, Hashable], name: str) -> list[Fault]:
    """Rows that name an audio file which an earlier row has named."""
    first: dict[Hashable, int] = {}
    faults = []
    for number, path in paths.items():
        if path in first:
            kind = "expected a clip of its own"
            sentence = f"{kind}; line {first[path]} names the same file"
            faults.append(Fault(sentence, name, number, "audio_filepath", kind))
        first.setdefault(path, number)
    return faults


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
