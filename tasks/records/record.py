"""The base of every record: a schema version, and the advice when its file is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tasks.domain.decoding import GREEDY, DecodingConfig
from tasks.records.files import damaged, first_reason, read_json

SCHEMA_VERSION: Literal[1] = 1
Sha256 = str
Timestamp = str  # ISO 8601, UTC, to the second
Scoring = Annotated[
    str,
    Field(description="The view that figures are of, and the version of its rules"),
]
FIRST_SCORING: Scoring = "published 1"  # of records that were written before there were two views


class Part(BaseModel):
    """A part of a record."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, validate_by_alias=True
    )


class Record(Part):
    """A file, or a line of one, that other programs read."""

    versions_read: ClassVar[tuple[int, ...]] = (SCHEMA_VERSION,)
    schema_version: Literal[1] = SCHEMA_VERSION
    way_out: ClassVar[str] = "remove it and rerun to make it again"


class ModelRecord(Part):
    """A model as records name it; `sha256` is None for a pretrained name that was never fetched."""

    name: str
    path: str = Field(description="Its file; empty for a pretrained name")
    sha256: Sha256 | None
    decoding: DecodingConfig = Field(GREEDY, description="How it decodes, or would")


AnyRecord = TypeVar("AnyRecord", bound=Record)


def read_record(path: Path, kind: type[AnyRecord]) -> AnyRecord | None:
    """Read a record, None where there is none; raise DamagedFile when it is not one of its kind."""
    fields = read_json(path, kind.way_out)
    if fields is None:
        return None
    version = fields.get("schema_version")
    if version not in kind.versions_read:
        expected = " or ".join(map(str, kind.versions_read))
        found = f"expected schema_version {expected}, got {version!r}"
        raise damaged(path, found, kind.way_out)
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        raise damaged(path, first_reason(error), kind.way_out) from None
